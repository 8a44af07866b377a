-- What persons may demand of a facility, and what its head owes after a breach: one work list with due times.
create table care.duty (
  id            uuid        primary key,
  kind          text        not null check (kind in ('access', 'correction', 'restriction', 'question', 'breach')),
  facility      uuid        not null,  -- who has to answer
  citizen       uuid,                  -- who asks; of a breach nobody, those concerned stand in care.concerned
  asked_by      uuid        not null,  -- the account that asked, or recorded the breach
  reason        bytea       not null,  -- sealed, as wish and answer
  wish          bytea,                 -- what is asked for, by kind (care/duty.py)
  look          jsonb,                 -- of a question: the entry of "who looked", which names only staff
  asked_at      timestamptz not null,
  due_at        timestamptz not null,
  outcome       text        check (outcome in ('accepted', 'refused', 'answered', 'withdrawn', 'noticed')),
  ground        text,                  -- of a refusal: a code of the table of grounds
  answer        bytea,
  answered_by   uuid,
  answered_name text,
  ended_at      timestamptz,
  check ((kind = 'breach') = (citizen is null)),
  check ((kind = 'question') = (wish is null) and (wish is null) = (look is not null)),
  check ((outcome is null) = (ended_at is null))
);
create index duty_of_citizen on care.duty (citizen, asked_at desc) where citizen is not null;
create index duty_open on care.duty (facility, due_at) where ended_at is null;
create index duty_ended on care.duty (facility, ended_at desc) where ended_at is not null;
-- One question about one entry.
create unique index duty_look on care.duty ((look ->> 'stream'), (look ->> 'seq')) where kind = 'question';

-- Whom a breach of data protection concerns.
create table care.concerned (
  duty    uuid not null references care.duty,
  citizen uuid not null,
  primary key (citizen, duty)
);
create index concerned_of_duty on care.concerned (duty);

insert into care.duty (id, kind, facility, citizen, asked_by, reason, look, asked_at, due_at, outcome, answer, answered_by,
                       answered_name, ended_at)
select id, 'question', facility, citizen, citizen, reason,
       jsonb_build_object('stream', stream, 'seq', seq, 'looked_at', looked_at, 'looker', looker, 'looker_name', looker_name,
                          'looker_role', looker_role, 'purpose', purpose, 'parts', to_jsonb(string_to_array(parts, ','))),
       asked_at, due_at, case when answered_at is not null then 'answered' end, answer, answerer, answerer_name, answered_at
from care.question;
drop table care.question;
