"""The transports: four ways to carry "what comes after my cursor", and the way up for those that only come down."""
