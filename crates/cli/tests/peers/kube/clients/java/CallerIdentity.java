import java.util.Scanner;

import software.amazon.awssdk.services.sts.StsClient;

/** Prints who it is for STS: at once, and once more for each line that it is sent. */
public final class CallerIdentity {
    private CallerIdentity() {}

    public static void main(String[] arguments) {
        try (StsClient sts = StsClient.create();
                Scanner lines = new Scanner(System.in)) {
            System.out.println(sts.getCallerIdentity().arn());
            while (lines.hasNextLine()) {
                lines.nextLine();
                System.out.println(sts.getCallerIdentity().arn());
            }
        }
    }
}
