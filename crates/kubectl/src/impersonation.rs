//! `--as`: a command line that acts as somebody else.
//!
//! Models apiserver/pkg/endpoints/filters/impersonation.go and, for what is refused, responsewriters/errors.go. Departs: there
//! are no roles to bind here. Who is in the group system:masters may do everything, and others what a cluster allows
//! everyone from the beginning, which is nothing that is stored.

use client::api::{Request, Subresource, Verb};
use machinery::Status;

use crate::failure::Failure;
use crate::flags::Parsed;
use crate::kubeconfig::USER;

/// Who may do everything.
const MASTERS: &str = "system:masters";

/// Somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// The name.
    pub name: String,
    /// The uid; empty if none was given.
    pub uid: String,
    /// The groups, those that are added by themselves included.
    pub groups: Vec<String>,
}

impl User {
    /// Whom the command line names; `None` if it is the person who types.
    ///
    /// # Errors
    /// Where it names only parts of somebody (clientcmd/validation.go, validateAuthInfo).
    pub fn named(parsed: &Parsed) -> Result<Option<User>, Failure> {
        let given = |flag: &str| parsed.text(flag).unwrap_or_default().to_owned();
        let (name, uid) = (given("as"), given("as-uid"));
        let mut groups: Vec<String> = parsed.list("as-group").into_iter().map(str::to_owned).collect();
        groups.retain(|group| !group.is_empty());
        if name.is_empty() {
            let is_nobody = uid.is_empty() && groups.is_empty() && !parsed.given("as-user-extra");
            return if is_nobody {
                Ok(None)
            } else {
                Err(Failure::message(format!(
                    "Error in configuration: requesting uid, groups or user-extra for {USER} without impersonating a user"
                )))
            };
        }
        if let Some((namespace, _)) =
            name.strip_prefix("system:serviceaccount:").and_then(|account| account.split_once(':'))
            && groups.is_empty()
        {
            groups
                .extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
        }
        let of_all =
            if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
        if groups.iter().all(|group| group != of_all) {
            groups.push(of_all.to_owned());
        }
        Ok(Some(User { name, uid, groups }))
    }

    /// Whether nothing is refused.
    pub fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// Whether the request may be sent.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn check(&self, request: &Request) -> Result<(), Failure> {
        if self.is_master() {
            return Ok(());
        }
        let verb = match request.verb {
            Verb::Get => "get",
            Verb::List(_) => "list",
            Verb::Create(_) => "create",
            Verb::Update(_) => "update",
            Verb::Patch(..) | Verb::Apply { .. } => "patch",
            Verb::Delete(_) => "delete",
        };
        let info = request.kind.info();
        let part = match request.subresource {
            Subresource::None => "",
            Subresource::Status => "/status",
            Subresource::Scale => "/scale",
            Subresource::Binding => "/binding",
            Subresource::Eviction => "/eviction",
            Subresource::Finalize => "/finalize",
        };
        let place = if request.namespace.is_empty() || !request.kind.is_namespaced() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", request.namespace)
        };
        let (user, plural, group) = (&self.name, info.plural, info.group);
        let why = format!(
            "User \"{user}\" cannot {verb} resource \"{plural}{part}\" in API group \"{group}\" {place}"
        );
        Err(Failure::from(Box::new(Status::forbidden(request.kind, &request.name, &why))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags;

    #[test]
    fn groups_are_completed() {
        let nobody = "Error in configuration: requesting uid, groups or user-extra for kubernetes-admin without impersonating a user\n";
        let cases = [
            ("get", Ok(None)),
            ("get --as=bob", Ok(Some("system:authenticated"))),
            (
                "get --as=bob --as-group=dev,system:masters",
                Ok(Some("dev system:masters system:authenticated")),
            ),
            (
                "get --as=system:serviceaccount:shop:web",
                Ok(Some("system:serviceaccounts system:serviceaccounts:shop system:authenticated")),
            ),
            ("get --as=system:anonymous", Ok(Some("system:unauthenticated"))),
            ("get --as-group=dev", Err(nobody)),
        ];
        for (line, expected) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let parsed = flags::parse(&[], &words).expect(line);
            let found = User::named(&parsed).map(|user| user.map(|user| user.groups.join(" ")));
            let found = found.map_err(|failure| failure.text());
            assert_eq!(
                found,
                expected.map(|groups| groups.map(str::to_owned)).map_err(str::to_owned),
                "{line}"
            );
        }
    }
}
