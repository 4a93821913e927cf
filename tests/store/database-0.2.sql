BEGIN TRANSACTION;
CREATE TABLE events (
	id INTEGER NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	stream_id VARCHAR(255) NOT NULL, 
	event_ts BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	received_ms BIGINT NOT NULL, 
	handled BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT one_row_per_event UNIQUE (event, stream_id, event_ts)
);
INSERT INTO "events" VALUES(1,'started','old-1',5,'{"old": 1}',1795902511304,1);
INSERT INTO "events" VALUES(2,'started','old-2',6,'{"old": 2}',1795902511307,0);
CREATE TABLE gaps (
	id INTEGER NOT NULL, 
	stream_id VARCHAR(255) NOT NULL, 
	from_ms BIGINT NOT NULL, 
	to_ms BIGINT NOT NULL, 
	reason VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "gaps" VALUES(1,'old-1',100,200,'reconnect');
CREATE TABLE happenings (
	id INTEGER NOT NULL, 
	stream_id VARCHAR(255) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "happenings" VALUES(1,'old-1','joined',900,'7','Dana');
CREATE TABLE recordings (
	stream_id VARCHAR(255) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	speaker TEXT NOT NULL, 
	path TEXT NOT NULL, 
	from_ms BIGINT NOT NULL, 
	to_ms BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	PRIMARY KEY (stream_id, name)
);
INSERT INTO "recordings" VALUES('old-1','a.wav','audio','','','x/a.wav',1,2,3);
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE streams (
	stream_id VARCHAR(255) NOT NULL, 
	product VARCHAR(32) NOT NULL, 
	meeting_uuid VARCHAR(255) NOT NULL, 
	meeting_id VARCHAR(64) NOT NULL, 
	topic TEXT NOT NULL, 
	server_urls TEXT NOT NULL, 
	event_ts BIGINT NOT NULL, 
	started_at_ms BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	end_reason TEXT NOT NULL, 
	last_seen_ms BIGINT NOT NULL, 
	settled BOOLEAN NOT NULL, 
	PRIMARY KEY (stream_id)
);
INSERT INTO "streams" VALUES('old-1','meeting','aB3/xY+z9Q==','812','Weekly — 日本語','wss://a',5,5,'live','',77,0);
INSERT INTO "streams" VALUES('old-2','webinar','other==','','','wss://b',6,6,'ended','the meeting ended',0,1);
CREATE TABLE utterances (
	stream_id VARCHAR(255) NOT NULL, 
	n INTEGER NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	speaker TEXT NOT NULL, 
	start_ms BIGINT NOT NULL, 
	end_ms BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	language INTEGER, 
	source VARCHAR(8) NOT NULL, 
	message_id VARCHAR(255) NOT NULL, 
	PRIMARY KEY (stream_id, n)
);
INSERT INTO "utterances" VALUES('old-1',1,'7','Dana',1000,1500,'Line 1; it''s — 日本語.',9,'speech','');
INSERT INTO "utterances" VALUES('old-1',2,'7','Dana',2000,2500,'Line 2; it''s — 日本語.',9,'speech','');
INSERT INTO "utterances" VALUES('old-1',3,'7','Dana',3000,3500,'Line 3; it''s — 日本語.',NULL,'chat','msg-3');
CREATE TABLE windows (
	window_id VARCHAR(400) NOT NULL, 
	stream_id VARCHAR(255) NOT NULL, 
	meeting_uuid VARCHAR(255) NOT NULL, 
	route VARCHAR(64) NOT NULL, 
	flow VARCHAR(255) NOT NULL, 
	seq INTEGER NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	first_n INTEGER NOT NULL, 
	last_n INTEGER NOT NULL, 
	gaps_told INTEGER NOT NULL, 
	input_value TEXT NOT NULL, 
	created_ms BIGINT NOT NULL, 
	status VARCHAR(8) NOT NULL, 
	attempts INTEGER NOT NULL, 
	output TEXT NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (window_id), 
	CONSTRAINT one_window_per_place UNIQUE (stream_id, route, seq), 
	FOREIGN KEY(stream_id) REFERENCES streams (stream_id)
);
INSERT INTO "windows" VALUES('old-1:r:1','old-1','aB3/xY+z9Q==','r','f',1,'live',1,2,1,'{"window": 1}',1795902511228,'done',2,'Hi.','');
INSERT INTO "windows" VALUES('old-1:r:2','old-1','aB3/xY+z9Q==','r','f',2,'live',3,3,1,'{"window": 2}',1795902511248,'pending',1,'','broke');
CREATE INDEX events_to_handle ON events (handled, id);
CREATE INDEX streams_to_settle ON streams (settled);
CREATE INDEX ix_happenings_stream_id ON happenings (stream_id);
CREATE INDEX ix_gaps_stream_id ON gaps (stream_id);
COMMIT;
