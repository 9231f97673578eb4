use std::collections::BTreeMap;
use std::sync::Arc;

use refresh::Schedule;
use rolesanywhere::RoleArn;

use super::Role;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentityKeeper;
use crate::resolved::Overlay;
use crate::session::{CredentialSource, SessionDaemon, SessionKeeper};
use crate::settings;

/// The roles of one command: the main one, and those of its routes. They share
/// the identity.
pub(crate) struct Roles(pub(crate) Vec<Role>);

impl Roles {
    /// The main role alone.
    pub(crate) fn main(context: &Context<'_>) -> Result<Self, Failure> {
        let identity = Arc::new(IdentityKeeper::new(context)?);
        Ok(Self(vec![main(context, &identity, None)?]))
    }

    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let identity = Arc::new(IdentityKeeper::new(context)?);
        let path = context.settings.text("container-path")?;
        let mut roles = vec![main(context, &identity, path)?];
        for route in context.settings.list("route")? {
            let (name, arn) = parse(&route)?;
            let context = context.overlaid(of_route(name, &arn));
            let session = session(&context, &identity)?.named(name);
            roles.push(Role::new(
                format!("/{name}"),
                name.to_owned(),
                Arc::new(session),
            ));
        }
        Ok(Self(roles))
    }
}

fn main(
    context: &Context<'_>,
    identity: &Arc<IdentityKeeper>,
    path: Option<String>,
) -> Result<Role, Failure> {
    let path = path.unwrap_or_else(|| "/creds".to_owned());
    let session = Arc::new(session(context, identity)?);
    Ok(Role::new(path, "main".to_owned(), session))
}

fn session(
    context: &Context<'_>,
    identity: &Arc<IdentityKeeper>,
) -> Result<SessionDaemon, Failure> {
    let keeper = SessionKeeper::with_identity(context, Arc::clone(identity))?;
    let source = CredentialSource::roles_anywhere(keeper, context);
    Ok(SessionDaemon::new(source, context, Schedule::SESSION))
}

/// Another role of the profile: what is assumed onwards from the main one is
/// not assumed from this.
fn of_route(name: &str, role: &RoleArn) -> Overlay {
    let chain = settings::ROLE_CHAIN.settings.iter();
    let mut values: BTreeMap<_, _> = chain
        .map(|setting| (setting.name.to_owned(), Vec::new()))
        .collect();
    values.insert("role-arn".to_owned(), vec![role.to_string()]);
    Overlay {
        place: format!("--route {name}"),
        values,
    }
}

fn parse(route: &str) -> Result<(&str, RoleArn), Failure> {
    let invalid = |reason: &str| {
        Failure::configuration("config.invalid", format!("--route {route:?}: {reason}"))
    };
    let (name, arn) = route
        .split_once('=')
        .ok_or_else(|| invalid("it must be NAME=ROLE_ARN"))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || name.starts_with('.') || !name.bytes().all(is_plain) {
        return Err(invalid("the name must be of letters, digits, and - _ ."));
    }
    let arn = arn
        .parse()
        .map_err(|error: rolesanywhere::InvalidArn| invalid(&error.to_string()))?;
    Ok((name, arn))
}
