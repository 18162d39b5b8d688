//! How ECS spells security groups: its JSON answers, read into a snapshot.
