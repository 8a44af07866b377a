-- What is kept of people is sealed with the server's keys. What earlier versions kept as it was is under key 0, until it is
-- sealed (security/rekeying.py), after this migration and before anything is served.

create table security.server_key (
  number  smallint    primary key,
  mark    bytea       not null,
  made_at timestamptz not null,
  left_at timestamptz
);

create function security.held_keys() returns smallint[] language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7352545);
  return (select array_agg(number order by number) from security.server_key where left_at is null);
end
$$;

insert into security.server_key (number, mark, made_at)
select 0, '', now()
where exists (select from security.account) or exists (select from records.resource);

alter table records.resource add column key smallint not null default 0;
alter table records.version add column key smallint not null default 0;
alter table identity.identifier add column key smallint not null default 0;
alter table identity.citizen alter column name_key type bytea using convert_to(name_key, 'UTF8');
alter table identity.citizen rename column name_key to name;

alter table care.question drop constraint question_reason_check, drop constraint question_answer_check;
alter table care.visit alter column name type bytea using convert_to(name, 'UTF8');
alter table care.referral alter column name type bytea using convert_to(name, 'UTF8');
alter table care.referral alter column reason type bytea using convert_to(reason, 'UTF8');
alter table care.referral alter column diagnosis type bytea using convert_to(diagnosis, 'UTF8');
alter table care.referral alter column answer drop default;
alter table care.referral alter column answer type bytea using convert_to(answer, 'UTF8');
alter table care.referral alter column answer set default '';
alter table care.referral alter column letter_back drop default;
alter table care.referral alter column letter_back type bytea using convert_to(letter_back, 'UTF8');
alter table care.referral alter column letter_back set default '';
alter table care.emergency alter column reason type bytea using convert_to(reason, 'UTF8');
alter table care.emergency alter column note drop default;
alter table care.emergency alter column note type bytea using convert_to(note, 'UTF8');
alter table care.emergency alter column note set default '';
alter table care.question alter column reason type bytea using convert_to(reason, 'UTF8');
alter table care.question alter column answer type bytea using convert_to(answer, 'UTF8');
alter table security.account alter column name type bytea using convert_to(name, 'UTF8');
alter table security.invitation alter column name type bytea using convert_to(name, 'UTF8');
alter table bulk.job alter column request type bytea using convert_to(request, 'UTF8');

update security.key set secret = convert_to(encode(secret, 'hex'), 'UTF8');
