//! What an operator changes of the namespace: its search attributes.
//!
//! `service/frontend/operator_handler.go` of server 1.32 with a store in SQL, as the dev server has it: attributes are names for
//! columns, of which there are so many of each type. What is changed counts at once; a server's caches take some seconds.

use alloc::collections::BTreeMap;

use rehearsal_history::{SearchType, SmolStr};

use super::Service;
use crate::error::InvalidRequest;
use crate::words::attributes;

impl Service {
    /// The search attributes of the namespace beside the server's own.
    #[must_use]
    pub const fn search_attributes(&self) -> &BTreeMap<SmolStr, SearchType> {
        &self.config.search_attributes
    }

    /// Those of every namespace, by their names.
    pub fn system_search_attributes() -> impl Iterator<Item = (&'static str, SearchType)> {
        attributes::system()
    }

    /// Adds search attributes. One that is there stays as it is, whatever its type (`addSearchAttributesSQL`).
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`] if there is none to add, a name is the server's, or no column of a type is left. Nothing is added then.
    pub fn add_search_attributes(
        &mut self,
        added: &BTreeMap<SmolStr, SearchType>,
    ) -> Result<(), InvalidRequest> {
        if added.is_empty() {
            return Err(InvalidRequest::NoSearchAttributes);
        }
        if let Some(name) = added.keys().find(|name| attributes::cannot_be_added(name)) {
            return Err(InvalidRequest::ReservedSearchAttribute { name: name.clone() });
        }
        let mut all = self.config.search_attributes.clone();
        for (name, kind) in added {
            if all.contains_key(name) {
                continue;
            }
            let used = all.values().filter(|other| *other == kind).count();
            if used >= columns(*kind) {
                return Err(InvalidRequest::TooManySearchAttributes { used, kind: *kind });
            }
            all.insert(name.clone(), *kind);
        }
        self.config.search_attributes = all;
        Ok(())
    }

    /// Takes search attributes away; one that is not there is passed over. Values that were set stay in histories
    /// (`removeSearchAttributesSQL`).
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`] if none is named, or one is the server's. Nothing is taken away then.
    pub fn remove_search_attributes(&mut self, names: &[SmolStr]) -> Result<(), InvalidRequest> {
        if names.is_empty() {
            return Err(InvalidRequest::NoSearchAttributes);
        }
        let all = &mut self.config.search_attributes;
        let is_servers = |name: &&SmolStr| !all.contains_key(*name) && attributes::is_servers(name);
        if let Some(name) = names.iter().find(is_servers) {
            return Err(InvalidRequest::NotCustomSearchAttribute { name: name.clone() });
        }
        for name in names {
            all.remove(name);
        }
        Ok(())
    }
}

/// How many columns there are of a type (`defaultNumDBCustomSearchAttributes` of `sadefs/constants.go`).
const fn columns(kind: SearchType) -> usize {
    match kind {
        SearchType::Keyword => 10,
        SearchType::Bool
        | SearchType::Datetime
        | SearchType::Double
        | SearchType::Int
        | SearchType::KeywordList
        | SearchType::Text => 3,
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    fn add<const N: usize>(
        service: &mut Service,
        added: [(&'static str, SearchType); N],
    ) -> Result<(), InvalidRequest> {
        let added = added.map(|(name, kind)| (SmolStr::new_static(name), kind));
        service.add_search_attributes(&added.into())
    }

    #[test]
    fn attributes_come_and_go() {
        let mut service = Service::default();
        add(&mut service, [("Customer", SearchType::Keyword), ("Items", SearchType::Int)]).unwrap();
        // It is there, and stays what it is.
        add(&mut service, [("Items", SearchType::Text)]).unwrap();
        let all = service.search_attributes();
        assert_eq!((all.len(), all["Items"]), (2, SearchType::Int));
        service.remove_search_attributes(&["Items".into(), "Unheard".into()]).unwrap();
        assert_eq!(
            service.search_attributes().keys().collect::<alloc::vec::Vec<_>>(),
            ["Customer"]
        );
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let mut service = Service::default();
        let three = [("A", SearchType::Bool), ("B", SearchType::Bool), ("C", SearchType::Bool)];
        add(&mut service, three).unwrap();
        let refused = [
            add(&mut service, []),
            add(&mut service, [("Fine", SearchType::Int), ("WorkflowId", SearchType::Keyword)]),
            add(&mut service, [("TemporalMine", SearchType::Keyword)]),
            add(&mut service, [("Memo", SearchType::Keyword)]),
            add(&mut service, [("BuildIds", SearchType::KeywordList)]),
            add(&mut service, [("Fine", SearchType::Int), ("D", SearchType::Bool)]),
            service.remove_search_attributes(&[]),
            service.remove_search_attributes(&["A".into(), "RunId".into()]),
        ];
        let told = refused.map(|it| it.unwrap_err().to_string()).join("\n");
        insta::assert_snapshot!(told, @r"
        SearchAttributes are not set on request.
        Search attribute WorkflowId is reserved by system.
        Search attribute TemporalMine is reserved by system.
        Search attribute Memo is reserved by system.
        Search attribute BuildIds is reserved by system.
        Unable to create search attributes: cannot have more than 3 search attribute of type Bool.
        SearchAttributes are not set on request.
        Unable to remove non-custom search attributes: RunId.
        ");
        assert_eq!(service.search_attributes().len(), 3);
    }
}
