use std::path::Path;
use std::process::{Command, Output};

use crate::Result;
use crate::stage::Stage;

/// An SDK that knows nothing of us.
pub(crate) struct Boto3 {
    is_here: bool,
}

impl Boto3 {
    pub(crate) fn found() -> Self {
        let probe = Command::new("python3")
            .args(["-c", "import boto3"])
            .output();
        let is_here = probe.is_ok_and(|output| output.status.success());
        if !is_here {
            println!("   boto3 is ABSENT: the agent is asked by hand, and STS not at all");
        }
        Self { is_here }
    }

    /// Says who a pod is, and fails where it is not of that role.
    pub(crate) fn ask(
        &self,
        stage: &Stage<'_>,
        place: (&str, &Path),
        (pod, role): (&str, &str),
    ) -> Result {
        let output = self.output(stage, place)?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let (_, name) = role.rsplit_once('/').unwrap_or_default();
        let is_right = said.contains(&format!(":assumed-role/{name}/")) || said == role;
        if !output.status.success() || !is_right {
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{pod}: {said} {log}").into());
        }
        println!("   {pod}: {said}");
        Ok(())
    }

    /// The same where there is to be nobody.
    pub(crate) fn refused(&self, stage: &Stage<'_>, place: (&str, &Path), pod: &str) -> Result {
        let output = self.output(stage, place)?;
        if output.status.success() {
            return Err(format!("{pod} got credentials").into());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.trim().lines().last().unwrap_or_default().to_owned();
        println!("   {pod}: {last}");
        Ok(())
    }

    fn output(&self, stage: &Stage<'_>, (address, token): (&str, &Path)) -> Result<Output> {
        let script = if self.is_here { WHO } else { BY_HAND };
        let uri = format!("http://{address}/v1/credentials");
        let mut command = Command::new("python3");
        command.args(["-c", script]).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL_STS", stage.sts());
        Ok(command.output()?)
    }
}

/// As any program has it: nothing but the SDK.
const WHO: &str = "\
import boto3
print(boto3.client('sts').get_caller_identity()['Arn'])
";
const BY_HAND: &str = "\
import json, os, urllib.request
token = open(os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']).read()
uri = os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']
request = urllib.request.Request(uri, headers={'Authorization': token})
print(json.load(urllib.request.urlopen(request))['RoleArn'])
";
