# Assumes the role argv[3] with the profile argv[1] at the STS argv[2], with all
# that can be asked for, and prints who that is.
import sys

import boto3

profile, url, role = sys.argv[1:]
sts = boto3.Session(profile_name=profile).client("sts", endpoint_url=url)
answer = sts.assume_role(
    RoleArn=role,
    RoleSessionName="boto3",
    DurationSeconds=900,
    ExternalId="x-1",
    Policy='{"Statement": []}',
    PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
    Tags=[{"Key": "team", "Value": "a b"}],
    TransitiveTagKeys=["team"],
)
given = answer["Credentials"]
again = boto3.client(
    "sts",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id=given["AccessKeyId"],
    aws_secret_access_key=given["SecretAccessKey"],
    aws_session_token=given["SessionToken"],
)
arn = again.get_caller_identity()["Arn"]
assert arn == answer["AssumedRoleUser"]["Arn"], arn
assert answer["SourceIdentity"], answer
print(arn)
