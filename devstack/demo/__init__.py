"""What the demo shows on its first start: people, events, registrations and past campaigns, all invented."""
