CREATE SCHEMA audit;

CREATE SCHEMA care;

CREATE SCHEMA demo;

CREATE SCHEMA identity;

CREATE SCHEMA kernel;

CREATE SCHEMA records;

CREATE SCHEMA security;

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

CREATE TABLE care.baseline (
    kind text NOT NULL,
    situation text NOT NULL,
    questions numeric,
    minutes numeric NOT NULL,
    source text NOT NULL,
    CONSTRAINT baseline_kind_check CHECK ((kind = ANY (ARRAY['puskesmas'::text, 'hospital'::text])))
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

CREATE TABLE care.hours (
    facility uuid NOT NULL,
    day smallint NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    CONSTRAINT hours_day_check CHECK (((day >= 0) AND (day <= 6)))
);

CREATE TABLE care.referral (
    shard integer NOT NULL,
    id uuid NOT NULL,
    task uuid,
    number text NOT NULL,
    citizen uuid NOT NULL,
    name text NOT NULL,
    birth_date date,
    sex text NOT NULL,
    from_facility uuid NOT NULL,
    to_facility uuid NOT NULL,
    department_code text NOT NULL,
    reason text NOT NULL,
    diagnosis text NOT NULL,
    priority text NOT NULL,
    doctor_name text NOT NULL,
    status text NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    expires_on date NOT NULL,
    used_at timestamp with time zone,
    letter_back text DEFAULT ''::text NOT NULL
);

CREATE TABLE care.relation (
    citizen uuid NOT NULL,
    facility uuid NOT NULL
);

CREATE TABLE care.visit (
    shard integer NOT NULL,
    id uuid NOT NULL,
    facility uuid NOT NULL,
    department uuid NOT NULL,
    citizen uuid NOT NULL,
    name text NOT NULL,
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

CREATE TABLE identity.citizen (
    shard integer NOT NULL,
    id uuid NOT NULL,
    name_key text NOT NULL,
    birth_date date,
    family_hash uuid,
    mother_hash uuid
);

CREATE TABLE identity.identifier (
    value_hash uuid NOT NULL,
    system text NOT NULL COLLATE pg_catalog."C",
    shard integer NOT NULL,
    citizen uuid NOT NULL
);

CREATE TABLE kernel.migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE records.resource (
    shard integer NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    subject uuid,
    version integer NOT NULL,
    updated timestamp with time zone NOT NULL,
    deleted boolean NOT NULL,
    date timestamp with time zone,
    tokens bigint[] NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE records.version (
    shard integer NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    version integer NOT NULL,
    subject uuid,
    updated timestamp with time zone NOT NULL,
    deleted boolean NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE security.access_token (
    token_hash bytea NOT NULL,
    client text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE security.account (
    id uuid NOT NULL,
    username text NOT NULL,
    password_hash text,
    name text NOT NULL,
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
    secret_hash bytea NOT NULL,
    actor uuid NOT NULL,
    organization uuid NOT NULL,
    organization_name text NOT NULL
);

CREATE TABLE security.invitation (
    code_hash bytea NOT NULL,
    citizen uuid NOT NULL,
    name text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE security.key (
    purpose text NOT NULL,
    secret bytea NOT NULL
);

CREATE TABLE security.session (
    token_hash bytea NOT NULL,
    account uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY audit.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (stream, seq);

ALTER TABLE ONLY audit.head
    ADD CONSTRAINT head_pkey PRIMARY KEY (stream);

ALTER TABLE ONLY care.baseline
    ADD CONSTRAINT baseline_pkey PRIMARY KEY (kind, situation);

ALTER TABLE ONLY care.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (facility, name);

ALTER TABLE ONLY care.department
    ADD CONSTRAINT department_facility_code_key UNIQUE (facility, code);

ALTER TABLE ONLY care.department
    ADD CONSTRAINT department_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.facility
    ADD CONSTRAINT facility_pkey PRIMARY KEY (id);

ALTER TABLE ONLY care.facility
    ADD CONSTRAINT facility_ppk_key UNIQUE (ppk);

ALTER TABLE ONLY care.hours
    ADD CONSTRAINT hours_pkey PRIMARY KEY (facility, day, opens);

ALTER TABLE ONLY care.referral
    ADD CONSTRAINT referral_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY care.relation
    ADD CONSTRAINT relation_pkey PRIMARY KEY (citizen, facility);

ALTER TABLE ONLY care.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY demo.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (number);

ALTER TABLE ONLY demo.city
    ADD CONSTRAINT city_pkey PRIMARY KEY (one);

ALTER TABLE ONLY identity.citizen
    ADD CONSTRAINT citizen_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY identity.identifier
    ADD CONSTRAINT identifier_pkey PRIMARY KEY (value_hash, system);

ALTER TABLE ONLY kernel.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY records.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (shard, type, id);

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

ALTER TABLE ONLY security.client
    ADD CONSTRAINT client_pkey PRIMARY KEY (id);

ALTER TABLE ONLY security.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY security.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (purpose);

ALTER TABLE ONLY security.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);

CREATE INDEX event_of_citizen ON audit.event USING btree (citizen, at DESC) WHERE (citizen IS NOT NULL);

CREATE INDEX referral_citizen ON care.referral USING btree (citizen, requested_at);

CREATE INDEX referral_from ON care.referral USING btree (from_facility, requested_at);

CREATE UNIQUE INDEX referral_number ON care.referral USING btree (number);

CREATE UNIQUE INDEX referral_task ON care.referral USING btree (task);

CREATE INDEX referral_to ON care.referral USING btree (to_facility, status, requested_at);

CREATE INDEX visit_citizen ON care.visit USING btree (citizen, arrived_at);

CREATE UNIQUE INDEX visit_live ON care.visit USING btree (citizen, facility, department, day) WHERE (status = ANY (ARRAY['arrived'::text, 'in-progress'::text]));

CREATE INDEX visit_today ON care.visit USING btree (facility, day, arrived_at);

CREATE INDEX citizen_birth_date ON identity.citizen USING btree (birth_date);

CREATE INDEX citizen_family ON identity.citizen USING btree (family_hash) WHERE (family_hash IS NOT NULL);

CREATE INDEX citizen_mother ON identity.citizen USING btree (mother_hash) WHERE (mother_hash IS NOT NULL);

CREATE INDEX identifier_citizen ON identity.identifier USING btree (shard, citizen);

CREATE INDEX resource_date ON records.resource USING btree (type, date) WHERE (date IS NOT NULL);

CREATE INDEX resource_tokens ON records.resource USING gin (tokens) WITH (fastupdate=off);

CREATE INDEX access_token_expiry ON security.access_token USING btree (expires_at);

CREATE INDEX invitation_citizen ON security.invitation USING btree (citizen);

CREATE INDEX session_expiry ON security.session USING btree (expires_at);
