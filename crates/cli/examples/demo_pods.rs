//! Two service accounts, two roles, and a third that is refused, each seen by
//! boto3 as it comes: what `cargo xtask demo pods` shows. Its argument is the binary.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a demonstration for people, in a folder of its own"
)]

use std::error::Error;

use iamra_sandbox::{Operation, Role};

#[path = "background/sandbox.rs"]
mod background;
#[path = "demo_pods/boto3.rs"]
mod boto3;
#[path = "background/program.rs"]
mod program;
#[path = "demo_pods/stage.rs"]
mod stage;

use boto3::Boto3;
use stage::Stage;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let binary = std::env::args_os().nth(1).ok_or("name the binary")?;
    let (sandbox, runtime) = background::sandbox(|settings| {
        *settings = settings.clone().with_pods(CLUSTER);
    })?;
    let scratch = tempfile::tempdir()?;
    let stage = Stage::new(binary.into(), &sandbox, scratch.path());
    let _runtime = runtime;
    walk(&stage)?;
    let requests = sandbox.requests();
    let asked = requests.count(Operation::CreateSession);
    let opened = requests.answered(Operation::CreateSession, 201);
    println!(
        "\nFor seven pods: {} logins, {} certificates, {opened} sessions; the thief was refused {} times.",
        requests.count(Operation::VaultLogin),
        requests.count(Operation::VaultSign),
        asked - opened,
    );
    println!(
        "The cluster, Vault and AWS were the sandbox's, and checked each request as theirs do."
    );
    Ok(())
}

fn walk(stage: &Stage<'_>) -> Result {
    title("Roles that trust one name each: that of a service account's certificate");
    for (namespace, account) in ACCOUNTS {
        let common_name = format!("{account}.{namespace}.pods.{CLUSTER}");
        let role = arn(account);
        println!("   {role}  trusts CN {common_name}");
        stage.sandbox.configure_roles_anywhere(|state| {
            state.add_role(Role::for_common_name(&role, &common_name));
        });
        stage.account(namespace, account, &role);
    }
    title("A third account, whose annotation names a role that is not its own");
    stage.account("shop", "thief", &arn("ledger"));
    title("One agent for the node");
    let (agent, address) = stage.agent()?;
    let boto3 = Boto3::found();
    for (namespace, account) in ACCOUNTS {
        title(&format!("Pods of {namespace}/{account}"));
        for number in 0..3 {
            let name = format!("{account}-{number}");
            let token = stage.pod(namespace, &name, account)?;
            boto3.ask(stage, (&address, &token), (&name, &arn(account)))?;
        }
    }
    title("A pod of shop/thief");
    let token = stage.pod("shop", "thief-0", "thief")?;
    boto3.refused(stage, (&address, &token), "thief-0")?;
    let status = agent.end()?;
    println!("\n   the agent ended: {status}");
    Ok(())
}

fn title(text: &str) {
    println!("\n── {text}");
}

fn arn(account: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{account}")
}

const CLUSTER: &str = "c1.example";
const ACCOUNTS: [(&str, &str); 2] = [("shop", "web"), ("bank", "ledger")];
