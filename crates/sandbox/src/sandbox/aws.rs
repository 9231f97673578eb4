use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use secrecy::ExposeSecret as _;

use super::services::{Moment, Served, Services};
use super::setup;
use crate::ecr::{Ecr, RegistryTokens};
use crate::imds::{Imds, ImdsTokens};
use crate::ledger::Ledger;
use crate::random::Random;
use crate::registry::Registry;
use crate::roles_anywhere::{self, Registrations, SessionQuota};
use crate::sts::{self, Reception, SessionCredentials, Sessions, Sts};
use crate::timestamp::end;
use crate::{
    AssumableRole, EcrSettings, IamUser, ImdsProfile, Operation, Outcome, RequestParts,
    RolesAnywhereState, Settings,
};

/// What AWS knows: one account's configuration, and everybody's sessions.
pub(super) struct Aws {
    roles_anywhere: RwLock<RolesAnywhereState>,
    ecr: RwLock<EcrSettings>,
    sessions: Sessions,
    pub(super) session_quota: SessionQuota,
    assumable_roles: Vec<AssumableRole>,
    pub(super) user: IamUser,
    registry_tokens: RegistryTokens,
    instance_role: AssumableRole,
    imds: ImdsProfile,
    imds_tokens: ImdsTokens,
}

impl Aws {
    pub(super) fn new(
        settings: &Settings,
        account: RolesAnywhereState,
        (random, ledger): (&Random, &Ledger),
    ) -> Self {
        let user = IamUser::new(setup::USER_ARN, random);
        ledger.note_secret(user.secret_access_key.expose_secret());
        let sessions = Sessions::default();
        user.enter(&sessions);
        Self {
            roles_anywhere: RwLock::new(account),
            ecr: RwLock::new(settings.ecr.clone()),
            sessions,
            session_quota: SessionQuota::default(),
            assumable_roles: settings.assumable_roles.clone(),
            user,
            registry_tokens: RegistryTokens::default(),
            instance_role: AssumableRole::trusting(setup::ROLE_ARN, "ec2.amazonaws.com"),
            imds: settings.imds,
            imds_tokens: ImdsTokens::default(),
        }
    }

    pub(super) fn roles_anywhere_mut(&self) -> RwLockWriteGuard<'_, RolesAnywhereState> {
        let state = self.roles_anywhere.write();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ecr_mut(&self) -> RwLockWriteGuard<'_, EcrSettings> {
        self.ecr.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles a request, if it is for AWS.
    pub(super) fn handle(
        &self,
        operation: Operation,
        request: &RequestParts,
        around: (Moment<'_>, &Services),
    ) -> Option<Served> {
        Some(match operation {
            Operation::CreateSession => self.create_session(request, around),
            Operation::GetTrustAnchor | Operation::GetProfile => self.read(request, around.0),
            Operation::CallerIdentity
            | Operation::AssumeRole
            | Operation::AssumeRoleWithWebIdentity => self.ask_sts(operation, request, around),
            Operation::EcrToken | Operation::EcrPublicToken => self.ask_ecr(request, around),
            Operation::RegistryCheck
            | Operation::RegistryTags
            | Operation::RegistryManifest
            | Operation::RegistryBlob
            | Operation::RegistryOther => self.ask_registry(request, around.0),
            Operation::ImdsToken | Operation::ImdsCredentials => self.ask_imds(request, around),
            _ => return None,
        })
    }

    fn create_session(
        &self,
        request: &RequestParts,
        (moment, services): (Moment<'_>, &Services),
    ) -> Served {
        let Moment { now, expired, .. } = moment;
        if !self.session_quota.take(now) {
            return Served::answered(roles_anywhere::throttled_answer());
        }
        let state = self.roles_anywhere.read();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        match roles_anywhere::verify(request, now, &state) {
            Ok(granted) => {
                let expiration = end(granted.expiration, now, expired);
                let session = (&granted).into();
                let credentials = self.sessions.open(&session, expiration, services.random());
                note_session(&services.ledger, &credentials);
                Served::answered(roles_anywhere::granted_answer(&granted, &credentials))
            }
            Err(refusal) => Served {
                answer: roles_anywhere::refused_answer(&refusal),
                outcome: Outcome::Refused(refusal),
                watch: None,
                forward: None,
            },
        }
    }

    fn read(&self, request: &RequestParts, moment: Moment<'_>) -> Served {
        let state = self.roles_anywhere.read();
        let registrations = Registrations {
            state: &state.unwrap_or_else(PoisonError::into_inner),
            sessions: &self.sessions,
        };
        Served::answered(registrations.answer(request, moment.now))
    }

    fn ask_sts(
        &self,
        operation: Operation,
        request: &RequestParts,
        (moment, services): (Moment<'_>, &Services),
    ) -> Served {
        if operation == Operation::CallerIdentity && moment.expired {
            return Served::answered(sts::expired_answer(moment.request_id));
        }
        let sts = Sts {
            sessions: &self.sessions,
            roles: &self.assumable_roles,
            identity_provider: &services.vault.logins.jwt_key,
            random: services.random(),
            expired: moment.expired,
        };
        let reception = Reception {
            now: moment.now,
            region: setup::REGION,
            request_id: moment.request_id,
        };
        let (answer, issued) = sts.answer(request, reception);
        if let Some(issued) = issued {
            note_session(&services.ledger, &issued);
        }
        Served::answered(answer)
    }

    fn ask_ecr(
        &self,
        request: &RequestParts,
        (moment, services): (Moment<'_>, &Services),
    ) -> Served {
        let ecr = Ecr {
            settings: &self.ecr(),
            tokens: &self.registry_tokens,
            sessions: &self.sessions,
            random: services.random(),
            expired: moment.expired,
        };
        let (answer, issued) = ecr.answer(request, moment.now);
        for token in issued {
            services.ledger.note_secret(&token.password);
            services.ledger.note_secret(&token.encoded());
        }
        Served::answered(answer)
    }

    fn ask_registry(&self, request: &RequestParts, moment: Moment<'_>) -> Served {
        let registry = Registry {
            repositories: &self.ecr().repositories,
            tokens: &self.registry_tokens,
            expired: moment.expired,
        };
        Served::answered(registry.answer(request, moment.now))
    }

    fn ask_imds(
        &self,
        request: &RequestParts,
        (moment, services): (Moment<'_>, &Services),
    ) -> Served {
        let imds = Imds {
            profile: self.imds,
            tokens: &self.imds_tokens,
            role: &self.instance_role,
            sessions: &self.sessions,
            random: services.random(),
            expired: moment.expired,
        };
        let (answer, issued) = imds.answer(request, moment.now);
        for secret in issued {
            services.ledger.note_secret(&secret);
        }
        Served::answered(answer)
    }

    fn ecr(&self) -> RwLockReadGuard<'_, EcrSettings> {
        self.ecr.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note_session(ledger: &Ledger, credentials: &SessionCredentials) {
    ledger.note_secret(&credentials.secret_access_key);
    ledger.note_secret(&credentials.session_token);
}
