CREATE SCHEMA audit;

CREATE SCHEMA bulk;

CREATE SCHEMA care;

CREATE SCHEMA demo;

CREATE SCHEMA exchange;

CREATE SCHEMA hl7v2;

CREATE SCHEMA identity;

CREATE SCHEMA kernel;

CREATE SCHEMA program;

CREATE SCHEMA records;

CREATE SCHEMA security;

CREATE SCHEMA subscription;

CREATE FUNCTION audit.append(moment timestamp with time zone, streams text[], before bytea[], after integer[], ends bytea[], actor_streams text[], actors uuid[], actor_names text[], roles text[], facilities uuid[], purposes text[], bases text[], acted integer[], seqs integer[], kinds text[], citizens uuid[], whats text[], details text[], hashes bytea[]) RETURNS boolean
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  if cardinality(streams) <> (
    select count(*) from (
      select from audit.head h join unnest(streams, before) n(stream, hash) on h.stream = n.stream
      where h.hash = n.hash order by h.stream for update of h
    ) as_thought
  ) then
    return false;
  end if;
  update audit.head h set seq = n.after, hash = n.hash
  from unnest(streams, after, ends) n(stream, after, hash) where h.stream = n.stream;
  insert into audit.event
    (stream, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail, hash)
  select w.stream, e.seq, moment, e.kind, w.actor, w.actor_name, w.role, w.facility, e.citizen, w.purpose, w.basis, e.what,
         e.detail, e.hash
  from unnest(acted, seqs, kinds, citizens, whats, details, hashes) e(acted, seq, kind, citizen, what, detail, hash)
  join unnest(actor_streams, actors, actor_names, roles, facilities, purposes, bases) with ordinality
    w(stream, actor, actor_name, role, facility, purpose, basis, n) on w.n = e.acted;
  return true;
end $$;

CREATE FUNCTION records.closing(people uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_advisory_xact_lock_shared(7352543, door)
  from (select distinct get_byte(uuid_send(one), 3) % 64 as door from unnest(people) one order by 1) doors;
  return query select distinct c.subject from records.consent c where c.subject = any(people) and c.class = 1 and not c.permit;
end
$$;

CREATE TABLE records.resource (
    shard integer NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    subject uuid,
    version integer NOT NULL,
    updated timestamp with time zone NOT NULL,
    deleted boolean NOT NULL,
    date timestamp with time zone NOT NULL,
    tokens bigint[] NOT NULL,
    content bytea NOT NULL,
    sensitive smallint DEFAULT 0 NOT NULL,
    origin uuid,
    addressee uuid,
    key smallint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY records.resource ALTER COLUMN tokens SET STATISTICS 300;

CREATE FUNCTION records.keep(new records.resource[], replaced records.resource[], keys_as_thought smallint[], closed_as_thought uuid[], people uuid[], shards integer[], types text[], ids uuid[], asker uuid, why text) RETURNS TABLE(kept boolean, keys smallint[], closed uuid[], lost text[])
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  one records.resource;
begin
  keys := security.held_keys();
  closed := array(select person from records.closing(people) person order by 1);
  lost := array(
    select k.type || '/' || k.id from unnest(shards, types, ids) k(shard, type, id)
    where not exists (
      select from records.resource r where r.shard = k.shard and r.type = k.type and r.id = k.id and not r.deleted
        and (r.sensitive = 0 or records.shown(r.sensitive, r.origin, r.addressee, r.subject, asker, why))
    ) order by 1 limit 10
  );
  kept := keys = keys_as_thought and closed = closed_as_thought and lost = '{}';
  if kept then
    foreach one in array replaced loop
      insert into records.version (shard, type, id, version, subject, updated, deleted, content, key)
      select r.shard, r.type, r.id, r.version, r.subject, r.updated, r.deleted, r.content, r.key from records.resource r
      where r.shard = one.shard and r.type = one.type and r.id = one.id;
      update records.resource r
      set subject = one.subject, version = one.version, updated = one.updated, deleted = one.deleted, date = one.date,
        tokens = one.tokens, content = one.content, sensitive = r.sensitive | one.sensitive,
        addressee = coalesce(one.addressee, r.addressee), key = one.key
      where r.shard = one.shard and r.type = one.type and r.id = one.id;
    end loop;
    insert into records.resource select n.* from unnest(new) n;
  end if;
  return next;
end $$;

CREATE FUNCTION records.opened(person uuid, asker uuid, why text) RETURNS smallint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select (coalesce(bit_or(class) filter (where permit), 0) | case when coalesce(bool_or(class = 1), false) then 0 else 1 end)::smallint
  from (
    select distinct on (class) class, permit from records.consent
    where subject = person and (facility is null or facility = asker)
      and (purpose = why or purpose is null and why is distinct from 'acting')
      and (until is null or until > now())
    order by class, facility nulls last, purpose nulls last
  ) word
$$;

CREATE FUNCTION records.shown(sensitive smallint, origin uuid, addressee uuid, person uuid, asker uuid, why text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select why is null or coalesce(asker in (origin, addressee), false)
    or (sensitive & ~records.opened(person, asker, why)) = 0
$$;

CREATE FUNCTION security.held_keys() RETURNS smallint[]
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_advisory_xact_lock_shared(7352545);
  return (select array_agg(number order by number) from security.server_key where left_at is null);
end
$$;

CREATE TABLE audit.anchor (
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE audit.anchored (
    stream text NOT NULL,
    seq integer NOT NULL
);

CREATE TABLE audit.event (
    stream text NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    actor uuid NOT NULL,
    actor_name text NOT NULL,
    role text NOT NULL,
    facility uuid,
    citizen uuid,
    purpose text NOT NULL,
    basis text NOT NULL,
    what text NOT NULL,
    detail text NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE audit.head (
    stream text NOT NULL,
    seq integer NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE bulk.job (
    id uuid NOT NULL,
    kind text NOT NULL,
    actor uuid NOT NULL,
    actor_name text NOT NULL,
    role text NOT NULL,
    facility uuid,
    facility_name text NOT NULL,
    request bytea NOT NULL,
    asked bytea NOT NULL,
    folder text NOT NULL,
    attended boolean NOT NULL,
    moment timestamp with time zone NOT NULL,
    state text NOT NULL,
    come bytea DEFAULT '\x7b7d'::bytea NOT NULL,
    problem bytea,
    holder uuid,
    leased_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT job_kind_check CHECK ((kind = ANY (ARRAY['export'::text, 'import'::text]))),
    CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['open'::text, 'waiting'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

CREATE TABLE bulk.person (
    job uuid NOT NULL,
    citizen uuid NOT NULL
);

CREATE TABLE bulk.told (
    job uuid NOT NULL,
    citizen uuid NOT NULL
);

CREATE TABLE care.baseline (
    kind text NOT NULL,
    situation text NOT NULL,
    questions numeric,
    minutes numeric NOT NULL,
    source text NOT NULL,
    CONSTRAINT baseline_kind_check CHECK ((kind = ANY (ARRAY['puskesmas'::text, 'hospital'::text])))
);

CREATE TABLE care.concerned (
    duty uuid NOT NULL,
    citizen uuid NOT NULL
);

CREATE TABLE care.counter (
    facility uuid NOT NULL,
    name text NOT NULL,
    last integer NOT NULL
);

CREATE TABLE care.department (
    id uuid NOT NULL,
    facility uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    letter text NOT NULL,
    daily_capacity integer NOT NULL,
    general boolean NOT NULL,
    CONSTRAINT department_daily_capacity_check CHECK ((daily_capacity >= 0))
);

CREATE TABLE care.duty (
    id uuid NOT NULL,
    kind text NOT NULL,
    facility uuid NOT NULL,
    citizen uuid,
    asked_by uuid NOT NULL,
    reason bytea NOT NULL,
    wish bytea,
    look jsonb,
    asked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    outcome text,
    ground text,
    answer bytea,
    answered_by uuid,
    answered_name text,
    ended_at timestamp with time zone,
    CONSTRAINT duty_check CHECK (((kind = 'breach'::text) = (citizen IS NULL))),
    CONSTRAINT duty_check1 CHECK ((((kind = 'question'::text) = (wish IS NULL)) AND ((wish IS NULL) = (look IS NOT NULL)))),
    CONSTRAINT duty_check2 CHECK (((outcome IS NULL) = (ended_at IS NULL))),
    CONSTRAINT duty_kind_check CHECK ((kind = ANY (ARRAY['access'::text, 'correction'::text, 'restriction'::text, 'deletion'::text, 'question'::text, 'breach'::text]))),
    CONSTRAINT duty_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'refused'::text, 'answered'::text, 'withdrawn'::text, 'noticed'::text])))
);

CREATE TABLE care.emergency (
    id uuid NOT NULL,
    citizen uuid NOT NULL,
    facility uuid NOT NULL,
    actor uuid NOT NULL,
    actor_name text NOT NULL,
    role text NOT NULL,
    reason bytea NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reviewed_at timestamp with time zone,
    reviewer text DEFAULT ''::text NOT NULL,
    verdict text DEFAULT ''::text NOT NULL,
    note bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT emergency_verdict_check CHECK ((verdict = ANY (ARRAY[''::text, 'accepted'::text, 'questioned'::text])))
);

CREATE TABLE care.facility (
    id uuid NOT NULL,
    ppk text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    class text DEFAULT ''::text NOT NULL,
    address text NOT NULL,
    district text NOT NULL,
    city_code text NOT NULL,
    latitude numeric NOT NULL,
    longitude numeric NOT NULL,
    zone text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    CONSTRAINT facility_kind_check CHECK ((kind = ANY (ARRAY['puskesmas'::text, 'hospital'::text])))
);

CREATE TABLE care.guardian (
    id uuid NOT NULL,
    citizen uuid NOT NULL,
    guardian uuid NOT NULL,
    called bytea NOT NULL,
    proof text NOT NULL,
    facility uuid NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    until date NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE care.hold (
    id uuid NOT NULL,
    citizen uuid NOT NULL,
    facility uuid NOT NULL,
    reason bytea NOT NULL,
    by_name text NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    end_reason bytea DEFAULT '\x'::bytea NOT NULL,
    ended_name text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE care.hours (
    facility uuid NOT NULL,
    day smallint NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    CONSTRAINT hours_day_check CHECK (((day >= 0) AND (day <= 6)))
);

CREATE TABLE care.proposal (
    citizen uuid NOT NULL,
    facility uuid NOT NULL,
    proposed_by uuid NOT NULL,
    by_name text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    last_visit date NOT NULL
);

CREATE TABLE care.referral (
    shard integer NOT NULL,
    id uuid NOT NULL,
    task uuid,
    number text NOT NULL,
    citizen uuid NOT NULL,
    name bytea NOT NULL,
    birth_date date,
    sex text NOT NULL,
    from_facility uuid NOT NULL,
    to_facility uuid NOT NULL,
    department_code text NOT NULL,
    reason bytea NOT NULL,
    diagnosis bytea NOT NULL,
    priority text NOT NULL,
    doctor_name text NOT NULL,
    status text NOT NULL,
    answer bytea DEFAULT '\x'::bytea NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    expires_on date NOT NULL,
    used_at timestamp with time zone,
    letter_back bytea DEFAULT '\x'::bytea NOT NULL
);

CREATE TABLE care.relation (
    citizen uuid NOT NULL,
    facility uuid NOT NULL
);

CREATE TABLE care.retention (
    id uuid NOT NULL,
    kind text NOT NULL,
    facility uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    citizen uuid,
    by_id uuid NOT NULL,
    by_name text NOT NULL,
    deed uuid,
    proposed_by uuid,
    proposer text DEFAULT ''::text NOT NULL,
    proposed_at timestamp with time zone,
    last_visit date NOT NULL,
    kept_until date NOT NULL,
    years smallint NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT retention_check CHECK ((((kind = 'destroyed'::text) = (deed IS NOT NULL)) AND ((deed IS NULL) = (proposed_by IS NULL)))),
    CONSTRAINT retention_check1 CHECK (((kind <> 'destroyed'::text) OR ((citizen IS NULL) AND (proposed_by <> by_id)))),
    CONSTRAINT retention_kind_check CHECK ((kind = ANY (ARRAY['refused'::text, 'held'::text, 'released'::text, 'destroyed'::text])))
);

CREATE TABLE care.visit (
    shard integer NOT NULL,
    id uuid NOT NULL,
    facility uuid NOT NULL,
    department uuid NOT NULL,
    citizen uuid NOT NULL,
    name bytea NOT NULL,
    birth_date date,
    day date NOT NULL,
    number text NOT NULL,
    status text NOT NULL,
    kind text NOT NULL,
    arrived_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    questions integer NOT NULL,
    seconds numeric NOT NULL,
    referral uuid,
    CONSTRAINT visit_kind_check CHECK ((kind = ANY (ARRAY['first'::text, 'returning'::text, 'referral'::text]))),
    CONSTRAINT visit_questions_check CHECK ((questions >= 0)),
    CONSTRAINT visit_seconds_check CHECK ((seconds >= (0)::numeric)),
    CONSTRAINT visit_status_check CHECK ((status = ANY (ARRAY['arrived'::text, 'in-progress'::text, 'finished'::text, 'cancelled'::text])))
);

CREATE TABLE demo.batch (
    number integer NOT NULL,
    resources integer NOT NULL
);

CREATE TABLE demo.city (
    one boolean DEFAULT true NOT NULL,
    seed integer NOT NULL,
    population integer NOT NULL,
    as_of date NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT city_one_check CHECK (one)
);

CREATE UNLOGGED TABLE exchange.request (
    client text NOT NULL,
    number bigint NOT NULL,
    organization uuid,
    at timestamp with time zone NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    parameters text NOT NULL,
    status smallint NOT NULL,
    milliseconds real NOT NULL,
    size bigint NOT NULL,
    issues bytea NOT NULL
);

ALTER TABLE exchange.request ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME exchange.request_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hl7v2.message (
    sender uuid NOT NULL,
    control_id text NOT NULL,
    event text NOT NULL,
    digest bytea NOT NULL,
    received_at timestamp with time zone NOT NULL
);

CREATE TABLE hl7v2.sender (
    id uuid NOT NULL,
    application text NOT NULL,
    facility text NOT NULL,
    organization uuid NOT NULL,
    organization_name text NOT NULL,
    zone text NOT NULL,
    networks cidr[] NOT NULL,
    CONSTRAINT sender_networks_check CHECK ((cardinality(networks) > 0))
);

CREATE TABLE identity.citizen (
    shard integer NOT NULL,
    id uuid NOT NULL,
    name bytea CONSTRAINT citizen_name_key_not_null NOT NULL,
    birth_date date,
    family_hash uuid,
    mother_hash uuid
);

CREATE TABLE identity.identifier (
    value_hash uuid NOT NULL,
    system text NOT NULL COLLATE pg_catalog."C",
    shard integer NOT NULL,
    citizen uuid NOT NULL,
    key smallint DEFAULT 0 NOT NULL
);

CREATE TABLE kernel.migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE program.award (
    category uuid NOT NULL,
    participation uuid NOT NULL,
    place integer NOT NULL,
    value numeric,
    winner boolean NOT NULL
);

CREATE TABLE program.category (
    id uuid NOT NULL,
    cohort uuid NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    rule jsonb NOT NULL,
    how jsonb
);

CREATE TABLE program.ceremony (
    cohort uuid NOT NULL,
    revealed integer NOT NULL,
    version integer NOT NULL
);

CREATE TABLE program.ceremony_event (
    id uuid NOT NULL,
    cohort uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL,
    action text NOT NULL,
    revealed integer NOT NULL,
    CONSTRAINT ceremony_event_action_check CHECK ((action = ANY (ARRAY['open'::text, 'reveal'::text, 'undo'::text, 'publish'::text, 'withdraw'::text])))
);

CREATE TABLE program.certificate (
    code text NOT NULL,
    participation uuid NOT NULL,
    category uuid,
    number text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL
);

CREATE TABLE program.cohort (
    id uuid NOT NULL,
    slug text NOT NULL,
    year integer NOT NULL,
    name text NOT NULL,
    target integer,
    rehearsal boolean DEFAULT false NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    published_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT cohort_target_check CHECK (((target >= 1) AND (target <= 600))),
    CONSTRAINT cohort_year_check CHECK (((year >= 2017) AND (year <= 2100)))
);

CREATE TABLE program.commitment (
    participation uuid NOT NULL,
    text text NOT NULL,
    plan_version integer NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE program.conflict (
    person uuid NOT NULL,
    region uuid NOT NULL,
    reason text NOT NULL
);

CREATE TABLE program.evaluation (
    id uuid NOT NULL,
    year integer NOT NULL,
    round integer NOT NULL,
    name text NOT NULL,
    instrument uuid NOT NULL,
    published_at timestamp with time zone,
    rehearsal boolean DEFAULT false NOT NULL,
    CONSTRAINT evaluation_round_check CHECK (((round >= 1) AND (round <= 4))),
    CONSTRAINT evaluation_year_check CHECK (((year >= 2018) AND (year <= 2100)))
);

CREATE TABLE program.evidence (
    id uuid NOT NULL,
    region uuid NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL
);

CREATE TABLE program.examiner (
    occasion uuid NOT NULL,
    region uuid NOT NULL,
    person uuid NOT NULL
);

CREATE TABLE program.figure (
    id uuid NOT NULL,
    cohort uuid,
    region uuid,
    year integer,
    name text NOT NULL,
    value numeric NOT NULL,
    source text NOT NULL,
    note text DEFAULT ''::text NOT NULL
);

CREATE TABLE program.instrument (
    id uuid NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    content jsonb NOT NULL,
    source text NOT NULL,
    adopted_at timestamp with time zone,
    CONSTRAINT instrument_kind_check CHECK ((kind = ANY (ARRAY['selection'::text, 'panel'::text, 'evaluation'::text])))
);

CREATE TABLE program.meeting (
    participation uuid NOT NULL,
    number smallint NOT NULL,
    starts date NOT NULL,
    ends date NOT NULL,
    place text DEFAULT ''::text NOT NULL,
    people integer,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT meeting_number_check CHECK (((number >= 1) AND (number <= 4))),
    CONSTRAINT meeting_people_check CHECK (((people >= 0) AND (people <= 10000)))
);

CREATE TABLE program.mentor (
    participation uuid NOT NULL,
    person uuid NOT NULL
);

CREATE TABLE program.minute (
    id uuid NOT NULL,
    participation uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL,
    text text NOT NULL
);

CREATE TABLE program.output (
    participation uuid NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL,
    note text NOT NULL,
    evidence uuid,
    plan_version integer
);

CREATE TABLE program.panel_seat (
    cohort uuid NOT NULL,
    day smallint NOT NULL,
    block smallint NOT NULL,
    room smallint NOT NULL,
    person uuid NOT NULL
);

CREATE TABLE program.panel_slot (
    cohort uuid NOT NULL,
    participation uuid NOT NULL,
    day smallint NOT NULL,
    block smallint NOT NULL,
    room smallint NOT NULL,
    "position" smallint NOT NULL
);

CREATE TABLE program.participation (
    id uuid NOT NULL,
    cohort uuid NOT NULL,
    region uuid NOT NULL,
    state text NOT NULL,
    certain boolean DEFAULT true NOT NULL,
    counted boolean DEFAULT true NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    contact_name text DEFAULT ''::text NOT NULL,
    contact_phone text DEFAULT ''::text NOT NULL,
    decision text DEFAULT ''::text NOT NULL,
    version integer DEFAULT 1 NOT NULL
);

CREATE TABLE program.participation_event (
    id uuid NOT NULL,
    participation uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    actor_name text NOT NULL
);

CREATE TABLE program.person (
    id uuid NOT NULL,
    role text NOT NULL,
    name text NOT NULL,
    institution text DEFAULT ''::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    home uuid,
    dimensions text[] DEFAULT '{}'::text[] NOT NULL,
    most integer NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT person_most_check CHECK (((most >= 1) AND (most <= 600))),
    CONSTRAINT person_role_check CHECK ((role = ANY (ARRAY['mentor'::text, 'assessor'::text])))
);

CREATE TABLE program.plan (
    region uuid NOT NULL,
    version integer NOT NULL,
    facts jsonb NOT NULL,
    published integer
);

CREATE TABLE program.plan_version (
    region uuid NOT NULL,
    version integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL,
    note text NOT NULL,
    facts jsonb NOT NULL
);

CREATE TABLE program.quick_win (
    id uuid NOT NULL,
    participation uuid NOT NULL,
    content jsonb NOT NULL,
    version integer NOT NULL,
    published boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE program.region (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    latitude numeric,
    longitude numeric,
    CONSTRAINT region_kind_check CHECK ((kind = ANY (ARRAY['kota'::text, 'kabupaten'::text])))
);

CREATE TABLE program.region_code (
    region uuid NOT NULL,
    code text NOT NULL,
    province text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    source text NOT NULL
);

CREATE TABLE program.review (
    id uuid NOT NULL,
    participation uuid NOT NULL,
    about text NOT NULL,
    version integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL,
    verdict text NOT NULL,
    text text NOT NULL,
    CONSTRAINT review_verdict_check CHECK ((verdict = ANY (ARRAY['comment'::text, 'accepted'::text, 'returned'::text])))
);

CREATE TABLE program.second_opinion (
    cohort uuid NOT NULL,
    participation uuid NOT NULL,
    person uuid NOT NULL,
    reason text NOT NULL
);

CREATE TABLE program.sheet (
    id uuid NOT NULL,
    occasion uuid NOT NULL,
    part text NOT NULL,
    region uuid NOT NULL,
    scorer uuid NOT NULL,
    scorer_name text NOT NULL,
    instrument uuid NOT NULL,
    version integer NOT NULL,
    final boolean DEFAULT false NOT NULL,
    answers jsonb NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT sheet_part_check CHECK ((part = ANY (ARRAY['desk'::text, 'interview'::text, 'panel'::text, 'self'::text, 'check'::text])))
);

CREATE TABLE program.sheet_version (
    sheet uuid NOT NULL,
    version integer NOT NULL,
    key text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_name text NOT NULL,
    final boolean NOT NULL,
    answers jsonb NOT NULL,
    note text NOT NULL
);

CREATE TABLE program.signature (
    participation uuid NOT NULL,
    office text NOT NULL,
    name text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE program.stage (
    cohort uuid NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    starts date,
    ends date,
    place text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    source text DEFAULT ''::text NOT NULL
);

CREATE TABLE records.classing (
    type text NOT NULL COLLATE pg_catalog."C",
    edition text NOT NULL,
    updated timestamp with time zone NOT NULL,
    id uuid NOT NULL
);

CREATE TABLE records.consent (
    subject uuid NOT NULL,
    facility uuid,
    purpose text,
    class smallint NOT NULL,
    permit boolean NOT NULL,
    until timestamp with time zone,
    own boolean NOT NULL,
    consent uuid NOT NULL
);

CREATE TABLE records.terms (
    type text NOT NULL COLLATE pg_catalog."C",
    edition integer NOT NULL,
    updated timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL
);

CREATE TABLE records.version (
    shard integer NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    version integer NOT NULL,
    subject uuid,
    updated timestamp with time zone NOT NULL,
    deleted boolean NOT NULL,
    content bytea NOT NULL,
    key smallint DEFAULT 0 NOT NULL
);

CREATE TABLE security.access_token (
    token_hash bytea NOT NULL,
    client text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    scope text
);

CREATE TABLE security.account (
    id uuid NOT NULL,
    username text NOT NULL,
    password_hash text,
    name bytea NOT NULL,
    role text NOT NULL,
    facility uuid,
    facility_name text DEFAULT ''::text NOT NULL,
    zone text DEFAULT 'Asia/Jakarta'::text NOT NULL,
    citizen uuid,
    failures integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE security.attempt (
    address text NOT NULL,
    minute timestamp with time zone NOT NULL,
    failures integer NOT NULL
);

CREATE TABLE security.client (
    id text NOT NULL,
    secret_hash bytea,
    actor uuid NOT NULL,
    organization uuid,
    organization_name text NOT NULL,
    operator boolean DEFAULT false NOT NULL,
    CONSTRAINT client_belongs CHECK ((operator = (organization IS NULL)))
);

CREATE TABLE security.client_key (
    client text NOT NULL,
    kid text NOT NULL,
    jwk text NOT NULL,
    added_at timestamp with time zone NOT NULL
);

CREATE TABLE security.emergency_account (
    account uuid NOT NULL,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    code bytea,
    entered_at timestamp with time zone
);

CREATE TABLE security.emergency_deed (
    account uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    what text NOT NULL,
    about text NOT NULL
);

CREATE TABLE security.emergency_told (
    account uuid NOT NULL,
    reader uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE security.invitation (
    code_hash bytea NOT NULL,
    citizen uuid,
    name bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    role text DEFAULT 'citizen'::text NOT NULL,
    facility uuid,
    facility_name text DEFAULT ''::text NOT NULL,
    zone text DEFAULT 'Asia/Jakarta'::text NOT NULL
);

CREATE TABLE security.key (
    purpose text NOT NULL,
    secret bytea NOT NULL
);

CREATE TABLE security.passkey (
    id bytea NOT NULL,
    account uuid NOT NULL,
    public_key bytea NOT NULL,
    uses bigint NOT NULL,
    name text NOT NULL,
    added_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE security.provider_link (
    issuer text NOT NULL,
    subject text NOT NULL,
    account uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE security.recovery_code (
    account uuid NOT NULL,
    code_hash bytea NOT NULL
);

CREATE TABLE security.second_factor (
    account uuid NOT NULL,
    secret bytea NOT NULL,
    added_at timestamp with time zone NOT NULL
);

CREATE TABLE security.server_key (
    number smallint NOT NULL,
    mark bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone
);

CREATE TABLE security.session (
    token_hash bytea NOT NULL,
    account uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone DEFAULT now() NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    browser text DEFAULT ''::text NOT NULL
);

CREATE TABLE security.spent (
    what text NOT NULL,
    mark bytea NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE subscription.event (
    subscription uuid NOT NULL,
    place bigint NOT NULL,
    number bigint,
    at timestamp with time zone NOT NULL,
    citizen uuid,
    focus text NOT NULL,
    context text[] NOT NULL
);

ALTER TABLE subscription.event ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME subscription.event_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE subscription.subscription (
    id uuid NOT NULL,
    client uuid NOT NULL,
    organization uuid NOT NULL,
    topic text NOT NULL,
    filters text[] NOT NULL,
    channel text NOT NULL,
    content bytea NOT NULL,
    base text NOT NULL,
    version integer NOT NULL,
    updated timestamp with time zone NOT NULL,
    status text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    secret bytea NOT NULL,
    former_secret bytea,
    former_until timestamp with time zone,
    wish integer DEFAULT 1 NOT NULL,
    shaken boolean DEFAULT false NOT NULL,
    numbered bigint DEFAULT 0 NOT NULL,
    delivered bigint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    due_at timestamp with time zone NOT NULL,
    beat_at timestamp with time zone,
    ends_at timestamp with time zone,
    CONSTRAINT subscription_channel_check CHECK ((channel = ANY (ARRAY['rest-hook'::text, 'websocket'::text]))),
    CONSTRAINT subscription_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'active'::text, 'error'::text, 'off'::text])))
);

ALTER TABLE ONLY audit.anchor
    ADD CONSTRAINT anchor_pkey PRIMARY KEY (number);

ALTER TABLE ONLY audit.anchored
    ADD CONSTRAINT anchored_pkey PRIMARY KEY (stream);

ALTER TABLE ONLY audit.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (stream, seq);

ALTER TABLE ONLY audit.head
    ADD CONSTRAINT head_pkey PRIMARY KEY (stream);

ALTER TABLE ONLY bulk.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY bulk.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (job, citizen);

ALTER TABLE ONLY bulk.told
    ADD CONSTRAINT told_pkey PRIMARY KEY (job, citizen);

ALTER TABLE ONLY care.baseline
    ADD CONSTRAINT baseline_pkey PRIMARY KEY (kind, situation);

ALTER TABLE ONLY care.concerned
    ADD CONSTRAINT concerned_pkey PRIMARY KEY (citizen, duty);

ALTER TABLE ONLY care.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (facility, name);

ALTER TABLE ONLY care.department
    ADD CONSTRAINT department_facility_code_key UNIQUE (facility, code);

ALTER TABLE ONLY care.department
    ADD CONSTRAINT department_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.duty
    ADD CONSTRAINT duty_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.emergency
    ADD CONSTRAINT emergency_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.facility
    ADD CONSTRAINT facility_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.facility
    ADD CONSTRAINT facility_ppk_key UNIQUE (ppk);

ALTER TABLE ONLY care.guardian
    ADD CONSTRAINT guardian_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.hours
    ADD CONSTRAINT hours_pkey PRIMARY KEY (facility, day, opens);

ALTER TABLE ONLY care.proposal
    ADD CONSTRAINT proposal_pkey PRIMARY KEY (citizen);

ALTER TABLE ONLY care.referral
    ADD CONSTRAINT referral_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY care.relation
    ADD CONSTRAINT relation_pkey PRIMARY KEY (citizen, facility);

ALTER TABLE ONLY care.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY demo.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (number);

ALTER TABLE ONLY demo.city
    ADD CONSTRAINT city_pkey PRIMARY KEY (one);

ALTER TABLE ONLY exchange.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (client, number);

ALTER TABLE ONLY hl7v2.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (sender, control_id);

ALTER TABLE ONLY hl7v2.sender
    ADD CONSTRAINT sender_name UNIQUE (application, facility);

ALTER TABLE ONLY hl7v2.sender
    ADD CONSTRAINT sender_pkey PRIMARY KEY (id);

ALTER TABLE ONLY identity.citizen
    ADD CONSTRAINT citizen_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY identity.identifier
    ADD CONSTRAINT identifier_pkey PRIMARY KEY (value_hash, system);

ALTER TABLE ONLY kernel.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY program.award
    ADD CONSTRAINT award_pkey PRIMARY KEY (category, participation);

ALTER TABLE ONLY program.category
    ADD CONSTRAINT category_cohort_position_key UNIQUE (cohort, "position");

ALTER TABLE ONLY program.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.ceremony_event
    ADD CONSTRAINT ceremony_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.ceremony
    ADD CONSTRAINT ceremony_pkey PRIMARY KEY (cohort);

ALTER TABLE ONLY program.certificate
    ADD CONSTRAINT certificate_number_key UNIQUE (number);

ALTER TABLE ONLY program.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (code);

ALTER TABLE ONLY program.cohort
    ADD CONSTRAINT cohort_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.cohort
    ADD CONSTRAINT cohort_slug_key UNIQUE (slug);

ALTER TABLE ONLY program.commitment
    ADD CONSTRAINT commitment_pkey PRIMARY KEY (participation);

ALTER TABLE ONLY program.conflict
    ADD CONSTRAINT conflict_pkey PRIMARY KEY (person, region);

ALTER TABLE ONLY program.evaluation
    ADD CONSTRAINT evaluation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.evaluation
    ADD CONSTRAINT evaluation_year_round_rehearsal_key UNIQUE (year, round, rehearsal);

ALTER TABLE ONLY program.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.examiner
    ADD CONSTRAINT examiner_pkey PRIMARY KEY (occasion, region, person);

ALTER TABLE ONLY program.figure
    ADD CONSTRAINT figure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.instrument
    ADD CONSTRAINT instrument_kind_version_key UNIQUE (kind, version);

ALTER TABLE ONLY program.instrument
    ADD CONSTRAINT instrument_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.meeting
    ADD CONSTRAINT meeting_pkey PRIMARY KEY (participation, number);

ALTER TABLE ONLY program.mentor
    ADD CONSTRAINT mentor_pkey PRIMARY KEY (participation, person);

ALTER TABLE ONLY program.minute
    ADD CONSTRAINT minute_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.output
    ADD CONSTRAINT output_pkey PRIMARY KEY (participation, key, version);

ALTER TABLE ONLY program.panel_seat
    ADD CONSTRAINT panel_seat_pkey PRIMARY KEY (cohort, day, block, person);

ALTER TABLE ONLY program.panel_slot
    ADD CONSTRAINT panel_slot_cohort_day_block_room_position_key UNIQUE (cohort, day, block, room, "position");

ALTER TABLE ONLY program.panel_slot
    ADD CONSTRAINT panel_slot_pkey PRIMARY KEY (cohort, participation);

ALTER TABLE ONLY program.participation
    ADD CONSTRAINT participation_cohort_region_key UNIQUE (cohort, region);

ALTER TABLE ONLY program.participation_event
    ADD CONSTRAINT participation_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.participation
    ADD CONSTRAINT participation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (region);

ALTER TABLE ONLY program.plan_version
    ADD CONSTRAINT plan_version_pkey PRIMARY KEY (region, version);

ALTER TABLE ONLY program.quick_win
    ADD CONSTRAINT quick_win_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.region_code
    ADD CONSTRAINT region_code_pkey PRIMARY KEY (region, valid_from);

ALTER TABLE ONLY program.region
    ADD CONSTRAINT region_kind_name_key UNIQUE (kind, name);

ALTER TABLE ONLY program.region
    ADD CONSTRAINT region_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.region
    ADD CONSTRAINT region_slug_key UNIQUE (slug);

ALTER TABLE ONLY program.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.second_opinion
    ADD CONSTRAINT second_opinion_pkey PRIMARY KEY (participation, person);

ALTER TABLE ONLY program.sheet
    ADD CONSTRAINT sheet_occasion_part_region_scorer_key UNIQUE (occasion, part, region, scorer);

ALTER TABLE ONLY program.sheet
    ADD CONSTRAINT sheet_pkey PRIMARY KEY (id);

ALTER TABLE ONLY program.sheet_version
    ADD CONSTRAINT sheet_version_key_key UNIQUE (key);

ALTER TABLE ONLY program.sheet_version
    ADD CONSTRAINT sheet_version_pkey PRIMARY KEY (sheet, version);

ALTER TABLE ONLY program.signature
    ADD CONSTRAINT signature_pkey PRIMARY KEY (participation, office);

ALTER TABLE ONLY program.stage
    ADD CONSTRAINT stage_pkey PRIMARY KEY (cohort, "position");

ALTER TABLE ONLY records.classing
    ADD CONSTRAINT classing_pkey PRIMARY KEY (type);

ALTER TABLE ONLY records.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (shard, type, id);

ALTER TABLE ONLY records.terms
    ADD CONSTRAINT terms_pkey PRIMARY KEY (type);

ALTER TABLE ONLY records.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (shard, type, id, version);

ALTER TABLE ONLY security.access_token
    ADD CONSTRAINT access_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY security.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY security.account
    ADD CONSTRAINT account_username UNIQUE (username);

ALTER TABLE ONLY security.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (address, minute);

ALTER TABLE ONLY security.client_key
    ADD CONSTRAINT client_key_pkey PRIMARY KEY (client, kid);

ALTER TABLE ONLY security.client
    ADD CONSTRAINT client_pkey PRIMARY KEY (id);

ALTER TABLE ONLY security.emergency_account
    ADD CONSTRAINT emergency_account_code_key UNIQUE (code);

ALTER TABLE ONLY security.emergency_account
    ADD CONSTRAINT emergency_account_pkey PRIMARY KEY (account);

ALTER TABLE ONLY security.emergency_told
    ADD CONSTRAINT emergency_told_pkey PRIMARY KEY (account, reader);

ALTER TABLE ONLY security.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY security.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (purpose);

ALTER TABLE ONLY security.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY security.provider_link
    ADD CONSTRAINT provider_link_account UNIQUE (account, issuer);

ALTER TABLE ONLY security.provider_link
    ADD CONSTRAINT provider_link_pkey PRIMARY KEY (issuer, subject);

ALTER TABLE ONLY security.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (account, code_hash);

ALTER TABLE ONLY security.second_factor
    ADD CONSTRAINT second_factor_pkey PRIMARY KEY (account);

ALTER TABLE ONLY security.server_key
    ADD CONSTRAINT server_key_pkey PRIMARY KEY (number);

ALTER TABLE ONLY security.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY security.spent
    ADD CONSTRAINT spent_pkey PRIMARY KEY (what, mark);

ALTER TABLE ONLY subscription.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (subscription, place);

ALTER TABLE ONLY subscription.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);

CREATE INDEX event_of_citizen_by_machines ON audit.event USING btree (citizen, at DESC) WHERE ((citizen IS NOT NULL) AND (role = ANY (ARRAY['integrator'::text, 'system'::text])));

CREATE INDEX event_of_citizen_by_people ON audit.event USING btree (citizen, at DESC) WHERE ((citizen IS NOT NULL) AND (role <> ALL (ARRAY['integrator'::text, 'system'::text])));

CREATE INDEX job_expiry ON bulk.job USING btree (expires_at);

CREATE INDEX job_of_actor ON bulk.job USING btree (actor, created_at);

CREATE INDEX job_to_do ON bulk.job USING btree (created_at) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));

CREATE INDEX concerned_of_duty ON care.concerned USING btree (duty);

CREATE INDEX duty_ended ON care.duty USING btree (facility, ended_at DESC) WHERE (ended_at IS NOT NULL);

CREATE UNIQUE INDEX duty_look ON care.duty USING btree (((look ->> 'stream'::text)), ((look ->> 'seq'::text))) WHERE (kind = 'question'::text);

CREATE INDEX duty_of_citizen ON care.duty USING btree (citizen, asked_at DESC) WHERE (citizen IS NOT NULL);

CREATE INDEX duty_open ON care.duty USING btree (facility, due_at) WHERE (ended_at IS NULL);

CREATE INDEX emergency_citizen ON care.emergency USING btree (citizen, opened_at);

CREATE INDEX emergency_facility ON care.emergency USING btree (facility, opened_at);

CREATE INDEX emergency_live ON care.emergency USING btree (actor, citizen, ends_at);

CREATE INDEX guardian_by_guardian ON care.guardian USING btree (guardian) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX guardian_once ON care.guardian USING btree (citizen, guardian) WHERE (ended_at IS NULL);

CREATE INDEX hold_of_citizen ON care.hold USING btree (citizen) WHERE (ended_at IS NULL);

CREATE INDEX hold_of_facility ON care.hold USING btree (facility, begun_at DESC);

CREATE INDEX proposal_of_facility ON care.proposal USING btree (facility, proposed_at, citizen);

CREATE INDEX referral_citizen ON care.referral USING btree (citizen, requested_at);

CREATE INDEX referral_from ON care.referral USING btree (from_facility, requested_at);

CREATE UNIQUE INDEX referral_number ON care.referral USING btree (number);

CREATE UNIQUE INDEX referral_task ON care.referral USING btree (task);

CREATE INDEX referral_to ON care.referral USING btree (to_facility, status, requested_at);

CREATE INDEX relation_of_facility ON care.relation USING btree (facility, citizen);

CREATE INDEX retention_of_citizen ON care.retention USING btree (citizen) WHERE (citizen IS NOT NULL);

CREATE INDEX retention_of_deed ON care.retention USING btree (deed) WHERE (deed IS NOT NULL);

CREATE INDEX retention_of_facility ON care.retention USING btree (facility, at DESC, id);

CREATE INDEX visit_citizen ON care.visit USING btree (citizen, arrived_at);

CREATE UNIQUE INDEX visit_live ON care.visit USING btree (citizen, facility, department, day) WHERE (status = ANY (ARRAY['arrived'::text, 'in-progress'::text]));

CREATE INDEX visit_today ON care.visit USING btree (facility, day, arrived_at);

CREATE INDEX request_of_organization ON exchange.request USING btree (organization, at);

CREATE INDEX citizen_birth_date ON identity.citizen USING btree (birth_date);

CREATE INDEX citizen_family ON identity.citizen USING btree (family_hash) WHERE (family_hash IS NOT NULL);

CREATE INDEX citizen_mother ON identity.citizen USING btree (mother_hash) WHERE (mother_hash IS NOT NULL);

CREATE INDEX identifier_citizen ON identity.identifier USING btree (shard, citizen);

CREATE UNIQUE INDEX certificate_once ON program.certificate USING btree (participation, COALESCE(category, participation)) WHERE (withdrawn_at IS NULL);

CREATE INDEX event_of_ceremony ON program.ceremony_event USING btree (cohort, id);

CREATE INDEX event_of_participation ON program.participation_event USING btree (participation, at, id);

CREATE INDEX evidence_of_region ON program.evidence USING btree (region, id);

CREATE INDEX examiner_person ON program.examiner USING btree (person);

CREATE INDEX figure_of_region ON program.figure USING btree (region);

CREATE INDEX minute_of_participation ON program.minute USING btree (participation, id);

CREATE INDEX participation_of_region ON program.participation USING btree (region);

CREATE INDEX quick_win_of_participation ON program.quick_win USING btree (participation);

CREATE UNIQUE INDEX region_code_once ON program.region_code USING btree (code, valid_from);

CREATE INDEX review_of_participation ON program.review USING btree (participation, id);

CREATE INDEX consent_source ON records.consent USING btree (consent);

CREATE UNIQUE INDEX consent_word ON records.consent USING btree (subject, class, facility, purpose) NULLS NOT DISTINCT;

CREATE INDEX resource_chart ON records.resource USING btree (subject, date, id) WHERE (subject IS NOT NULL);

CREATE INDEX resource_date ON records.resource USING btree (type, date, id);

CREATE INDEX resource_tokens ON records.resource USING gin (tokens) WITH (fastupdate=off);

CREATE INDEX resource_updated ON records.resource USING btree (type, updated, id);

CREATE INDEX version_updated ON records.version USING btree (type, updated, id);

CREATE INDEX access_token_expiry ON security.access_token USING btree (expires_at);

CREATE INDEX emergency_deed_account ON security.emergency_deed USING btree (account, at);

CREATE INDEX invitation_citizen ON security.invitation USING btree (citizen);

CREATE INDEX passkey_account ON security.passkey USING btree (account);

CREATE INDEX session_account ON security.session USING btree (account);

CREATE INDEX session_expiry ON security.session USING btree (expires_at);

CREATE INDEX spent_until ON security.spent USING btree (until);

CREATE INDEX event_age ON subscription.event USING btree (at);

CREATE UNIQUE INDEX event_number ON subscription.event USING btree (subscription, number);

CREATE INDEX subscription_of_client ON subscription.subscription USING btree (client);

ALTER TABLE ONLY bulk.person
    ADD CONSTRAINT person_job_fkey FOREIGN KEY (job) REFERENCES bulk.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY bulk.told
    ADD CONSTRAINT told_job_fkey FOREIGN KEY (job) REFERENCES bulk.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY care.concerned
    ADD CONSTRAINT concerned_duty_fkey FOREIGN KEY (duty) REFERENCES care.duty(id);

ALTER TABLE ONLY program.award
    ADD CONSTRAINT award_category_fkey FOREIGN KEY (category) REFERENCES program.category(id);

ALTER TABLE ONLY program.award
    ADD CONSTRAINT award_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.category
    ADD CONSTRAINT category_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.ceremony
    ADD CONSTRAINT ceremony_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.ceremony_event
    ADD CONSTRAINT ceremony_event_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.certificate
    ADD CONSTRAINT certificate_category_fkey FOREIGN KEY (category) REFERENCES program.category(id);

ALTER TABLE ONLY program.certificate
    ADD CONSTRAINT certificate_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.commitment
    ADD CONSTRAINT commitment_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.conflict
    ADD CONSTRAINT conflict_person_fkey FOREIGN KEY (person) REFERENCES program.person(id);

ALTER TABLE ONLY program.conflict
    ADD CONSTRAINT conflict_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.evaluation
    ADD CONSTRAINT evaluation_instrument_fkey FOREIGN KEY (instrument) REFERENCES program.instrument(id);

ALTER TABLE ONLY program.evidence
    ADD CONSTRAINT evidence_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.examiner
    ADD CONSTRAINT examiner_person_fkey FOREIGN KEY (person) REFERENCES program.person(id);

ALTER TABLE ONLY program.examiner
    ADD CONSTRAINT examiner_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.figure
    ADD CONSTRAINT figure_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.figure
    ADD CONSTRAINT figure_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.meeting
    ADD CONSTRAINT meeting_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.mentor
    ADD CONSTRAINT mentor_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.mentor
    ADD CONSTRAINT mentor_person_fkey FOREIGN KEY (person) REFERENCES program.person(id);

ALTER TABLE ONLY program.minute
    ADD CONSTRAINT minute_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.output
    ADD CONSTRAINT output_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.panel_seat
    ADD CONSTRAINT panel_seat_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.panel_seat
    ADD CONSTRAINT panel_seat_person_fkey FOREIGN KEY (person) REFERENCES program.person(id);

ALTER TABLE ONLY program.panel_slot
    ADD CONSTRAINT panel_slot_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.panel_slot
    ADD CONSTRAINT panel_slot_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.participation
    ADD CONSTRAINT participation_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.participation_event
    ADD CONSTRAINT participation_event_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.participation
    ADD CONSTRAINT participation_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.person
    ADD CONSTRAINT person_home_fkey FOREIGN KEY (home) REFERENCES program.region(id);

ALTER TABLE ONLY program.plan
    ADD CONSTRAINT plan_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.plan_version
    ADD CONSTRAINT plan_version_region_fkey FOREIGN KEY (region) REFERENCES program.plan(region);

ALTER TABLE ONLY program.quick_win
    ADD CONSTRAINT quick_win_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.region_code
    ADD CONSTRAINT region_code_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.review
    ADD CONSTRAINT review_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.second_opinion
    ADD CONSTRAINT second_opinion_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);

ALTER TABLE ONLY program.second_opinion
    ADD CONSTRAINT second_opinion_participation_fkey FOREIGN KEY (participation) REFERENCES program.participation(id);

ALTER TABLE ONLY program.second_opinion
    ADD CONSTRAINT second_opinion_person_fkey FOREIGN KEY (person) REFERENCES program.person(id);

ALTER TABLE ONLY program.sheet
    ADD CONSTRAINT sheet_instrument_fkey FOREIGN KEY (instrument) REFERENCES program.instrument(id);

ALTER TABLE ONLY program.sheet
    ADD CONSTRAINT sheet_region_fkey FOREIGN KEY (region) REFERENCES program.region(id);

ALTER TABLE ONLY program.sheet_version
    ADD CONSTRAINT sheet_version_sheet_fkey FOREIGN KEY (sheet) REFERENCES program.sheet(id);

ALTER TABLE ONLY program.signature
    ADD CONSTRAINT signature_participation_fkey FOREIGN KEY (participation) REFERENCES program.commitment(participation);

ALTER TABLE ONLY program.stage
    ADD CONSTRAINT stage_cohort_fkey FOREIGN KEY (cohort) REFERENCES program.cohort(id);
