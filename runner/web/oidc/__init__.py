"""Login by OpenID Connect: the issuer says who somebody is."""
