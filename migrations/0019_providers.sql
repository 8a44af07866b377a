-- Log-ins at an external OpenID provider that open an account; and what systems' tokens were asked for.

create table security.provider_link (
  issuer   text        not null,
  subject  text        not null,             -- the provider's own name for somebody (`sub`)
  account  uuid        not null,
  added_at timestamptz not null,
  used_at  timestamptz,
  primary key (issuer, subject),
  constraint provider_link_account unique (account, issuer)
);

-- What a system's token was asked for, as granted (SMART); null: all that the Grant gives.
alter table security.access_token add column scope text;
