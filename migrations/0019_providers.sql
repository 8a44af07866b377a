-- Log-ins at an external OpenID provider that open an account.

create table security.provider_link (
  issuer   text        not null,
  subject  text        not null,             -- the provider's own name for somebody (`sub`)
  account  uuid        not null,
  added_at timestamptz not null,
  used_at  timestamptz,
  primary key (issuer, subject),
  constraint provider_link_account unique (account, issuer)
);
