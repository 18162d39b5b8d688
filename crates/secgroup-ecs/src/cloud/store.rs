//! Objects of one kind by id, in the order in which they came.

use std::sync::Arc;

use indexmap::IndexMap;

/// Objects by id. Copies share what neither has changed.
#[derive(Clone, Debug)]
pub(crate) struct Store<T>(IndexMap<Arc<str>, Arc<T>>);

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T: Clone> Store<T> {
    /// Returns the object called `id`.
    pub(crate) fn get(&self, id: &str) -> Option<&Arc<T>> {
        self.0.get(id)
    }

    /// Tells whether there is an object called `id`.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Returns the object called `id` to be changed.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.0.get_mut(id).map(Arc::make_mut)
    }

    /// Adds an object, or puts it in the place of the one called the same.
    pub(crate) fn insert(&mut self, id: &str, object: T) {
        self.0.insert(Arc::from(id), Arc::new(object));
    }

    /// Removes an object; those behind it keep their order.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Arc<T>> {
        self.0.shift_remove(id)
    }

    /// Returns the objects, the oldest first.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Arc<T>> + ExactSizeIterator {
        self.0.values()
    }

    /// Returns how many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
