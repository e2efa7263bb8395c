-- What must hold between the rows of the database, whatever was killed, wherever, however often.
--
-- Each statement gives a row, a sentence, for each thing that does not hold; none where all is well. They read the same on SQLite and
-- PostgreSQL. `lifecycle db verify` asks all of them, and so do the runs that kill the program at each of its steps. What takes more than
-- SQL (hashes, sums over packed vectors, evidence worked out anew) stands beside this file, in verification.py and audit_checks.py.
--
-- :long_ago is an hour before they are asked.

-- name: A variant has one active version at most.
SELECT 'variant ' || variant_name || ' has ' || CAST(count(*) AS TEXT) || ' active versions'
FROM model_versions WHERE is_active = 1 GROUP BY variant_name HAVING count(*) > 1;

-- name: What was ever active has an active version: a production prompt is always served.
SELECT 'variant ' || activations.variant_name || ' was activated and has no active version'
FROM activations LEFT JOIN model_versions ON model_versions.variant_name = activations.variant_name AND model_versions.is_active = 1
WHERE model_versions.variant_name IS NULL GROUP BY activations.variant_name;

-- name: What is activated is registered.
SELECT 'activation ' || CAST(activations.id AS TEXT) || ' of ' || activations.variant_name || ' names version ' || CAST(activations.version AS TEXT) || ', which is not registered'
FROM activations LEFT JOIN model_versions ON model_versions.variant_name = activations.variant_name AND model_versions.version = activations.version
WHERE model_versions.variant_name IS NULL;

-- name: A session has a status that there is, and has ended if, and only if, that is an ending.
SELECT 'session ' || session_id || ' is ' || status || CASE WHEN completed_at IS NULL THEN ' and has not ended' ELSE ' and has ended' END
FROM retraining_sessions
WHERE NOT (
    (completed_at IS NULL AND status IN ('collecting_data', 'analyzing', 'improving', 'evaluating', 'shadow_testing', 'awaiting_review'))
    OR (completed_at IS NOT NULL AND status IN ('promoted', 'rolled_back', 'inconclusive', 'invalid', 'cancelled', 'failed'))
);

-- name: A variant has one session at most that goes on.
SELECT 'variant ' || variant || ' has ' || CAST(count(*) AS TEXT) || ' sessions that go on'
FROM retraining_sessions WHERE completed_at IS NULL GROUP BY variant HAVING count(*) > 1;

-- name: A session is a success if, and only if, it promoted its candidate.
SELECT 'session ' || session_id || ' is ' || status || ' and says success = ' || CAST(success AS TEXT)
FROM retraining_sessions WHERE success <> CASE WHEN status = 'promoted' THEN 1 ELSE 0 END;

-- name: A session that promoted did so once.
SELECT 'session ' || retraining_sessions.session_id || ' is promoted, and activated its candidate ' || CAST(count(activations.id) AS TEXT) || ' times'
FROM retraining_sessions
LEFT JOIN activations
    ON activations.variant_name = retraining_sessions.variant AND activations.kind = 'activate' AND activations.version = retraining_sessions.version
    -- before revision 0005 an activation did not tell its session, but for the instant that they share
    AND (activations.session_id = retraining_sessions.session_id OR (activations.session_id IS NULL AND activations.at = retraining_sessions.completed_at))
WHERE retraining_sessions.status = 'promoted' GROUP BY retraining_sessions.session_id
HAVING CASE count(activations.session_id) WHEN 0 THEN count(activations.id) ELSE count(activations.session_id) END <> 1;

-- name: Only a session that promoted activated anything.
SELECT 'session ' || retraining_sessions.session_id || ' is ' || retraining_sessions.status || ', and activated version ' || CAST(activations.version AS TEXT)
FROM activations JOIN retraining_sessions ON retraining_sessions.session_id = activations.session_id
WHERE activations.kind = 'activate' AND retraining_sessions.status <> 'promoted';

-- name: A decision has its evidence: who promoted had an evaluation, and a verdict, a demand or a person's answer.
SELECT 'session ' || session_id || ' is promoted without its evidence'
FROM retraining_sessions
WHERE status = 'promoted' AND (evaluation IS NULL OR (shadow_analysis IS NULL AND force IS NULL AND review IS NULL));

-- name: What is tested or decided is registered, and so is whatever a session names as its candidate.
SELECT 'session ' || retraining_sessions.session_id || ' is ' || status || ' and has no registered candidate'
FROM retraining_sessions
LEFT JOIN model_versions ON model_versions.variant_name = retraining_sessions.variant AND model_versions.version = retraining_sessions.version
WHERE model_versions.variant_name IS NULL
AND (new_variant IS NOT NULL OR status IN ('evaluating', 'shadow_testing', 'awaiting_review', 'promoted', 'inconclusive', 'invalid'));

-- name: A session keeps what each step that it has behind it found.
WITH place (status, steps) AS (
    VALUES ('analyzing', 1), ('improving', 2), ('evaluating', 3), ('shadow_testing', 4), ('awaiting_review', 5), ('promoted', 5)
)
SELECT 'session ' || session_id || ' is ' || retraining_sessions.status || ', and keeps no '
    || CASE
        WHEN training_data IS NULL THEN 'training data'
        WHEN steps > 1 AND failure_analysis IS NULL THEN 'failure analysis'
        WHEN steps > 2 AND prompt_improvement IS NULL THEN 'improvement'
        WHEN steps > 2 AND new_variant IS NULL THEN 'candidate'
        WHEN steps > 3 AND evaluation IS NULL THEN 'evaluation'
        WHEN steps > 3 AND shadow_started_at IS NULL THEN 'shadow test'
        ELSE 'analysis of its shadow test'
    END
FROM retraining_sessions JOIN place ON place.status = retraining_sessions.status
WHERE training_data IS NULL
OR (steps > 1 AND failure_analysis IS NULL)
OR (steps > 2 AND (prompt_improvement IS NULL OR new_variant IS NULL))
OR (steps > 3 AND (evaluation IS NULL OR shadow_started_at IS NULL))
OR (steps > 4 AND shadow_analysis IS NULL);

-- name: Who is not promoted is told why, and only he.
SELECT 'session ' || session_id || ' is ' || status || CASE WHEN reasons = '[]' THEN ', and says no reason' ELSE ', and has reasons against it' END
FROM retraining_sessions
WHERE completed_at IS NOT NULL AND (status = 'promoted') <> (reasons = '[]');

-- name: A person's answer and the ending of a session do not contradict each other.
SELECT 'session ' || session_id || ' is promoted, and was answered reject'
FROM retraining_sessions WHERE status = 'promoted' AND force IS NULL AND review IS NOT NULL AND JSON(review) ->> 'answer' = 'reject';

-- name: A session that promoted put its candidate on probation once, and another did not.
SELECT 'session ' || retraining_sessions.session_id || ' is ' || retraining_sessions.status || ', and has ' || CAST(count(probations.session_id) AS TEXT) || ' probations'
FROM retraining_sessions LEFT JOIN probations ON probations.session_id = retraining_sessions.session_id
GROUP BY retraining_sessions.session_id, retraining_sessions.status
HAVING count(probations.session_id) <> CASE retraining_sessions.status WHEN 'promoted' THEN 1 ELSE 0 END;

-- name: An activation that rests on a session activates the candidate of that session.
SELECT 'activation ' || CAST(activations.id AS TEXT) || ' of ' || activations.variant_name || ' rests on session ' || activations.session_id || ', which has another candidate'
FROM activations
LEFT JOIN retraining_sessions
    ON retraining_sessions.session_id = activations.session_id
    AND retraining_sessions.variant = activations.variant_name AND retraining_sessions.version = activations.version
WHERE activations.session_id IS NOT NULL AND activations.kind = 'activate' AND retraining_sessions.session_id IS NULL;

-- name: A sample is of a session whose shadow test began.
SELECT 'session ' || shadow_samples.session_id || ' has samples of a shadow test that did not begin'
FROM shadow_samples JOIN retraining_sessions ON retraining_sessions.session_id = shadow_samples.session_id
WHERE retraining_sessions.shadow_started_at IS NULL GROUP BY shadow_samples.session_id;

-- name: A scenario that was served keeps its sample, when it came and from whom; one that waits keeps none of them.
SELECT 'scenario ' || scenario_id || ' of session ' || session_id || ' is neither served nor waiting'
FROM shadow_samples
WHERE (sample IS NULL) <> (recorded_at IS NULL) OR (sample IS NULL) <> (recorded_by IS NULL);

-- name: A version is on one probation at most, and one that goes on is of a version that was activated.
SELECT 'version ' || CAST(probations.version AS TEXT) || ' of ' || probations.variant || ' is on probation and was never activated'
FROM probations LEFT JOIN activations ON activations.variant_name = probations.variant AND activations.version = probations.version
WHERE probations.ended_at IS NULL AND activations.id IS NULL
UNION ALL
SELECT 'variant ' || variant || ' has ' || CAST(count(*) AS TEXT) || ' probations that go on'
FROM probations WHERE ended_at IS NULL GROUP BY variant HAVING count(*) > 1;

-- name: A variant has one drift episode at most that goes on, and none ends before it begins.
SELECT 'variant ' || variant || ' has ' || CAST(count(*) AS TEXT) || ' drift episodes that go on'
FROM drift_detections WHERE closed_at IS NULL GROUP BY variant HAVING count(*) > 1
UNION ALL
SELECT 'drift episode ' || CAST(id AS TEXT) || ' of ' || variant || ' ends before it begins'
FROM drift_detections WHERE closed_at < created_at;

-- name: A variant has one alert episode at most that goes on.
SELECT 'variant ' || variant || ' has ' || CAST(count(*) AS TEXT) || ' alert episodes that go on'
FROM alert_episodes WHERE closed_at IS NULL GROUP BY variant HAVING count(*) > 1;

-- name: A message was addressed to as many targets as it has deliveries.
SELECT 'message ' || alert_messages.id || ' was addressed to ' || CAST(coalesce(targets, 0) AS TEXT) || ' targets and has '
    || CAST(count(alert_deliveries.message) AS TEXT) || ' deliveries'
FROM alert_messages LEFT JOIN alert_deliveries ON alert_deliveries.message = alert_messages.number
GROUP BY alert_messages.id, targets HAVING coalesce(targets, 0) <> count(alert_deliveries.message);

-- name: A delivery is delivered, dead with an error, or pending.
SELECT 'the delivery of message ' || CAST(message AS TEXT) || ' to ' || target || ' is ' || state || ', and neither delivered, dead with an error, nor pending'
FROM alert_deliveries
WHERE NOT (
    state = 'pending' OR (state = 'delivered' AND delivered_at IS NOT NULL) OR (state = 'dead' AND error IS NOT NULL)
);

-- name: A delivery that is over is claimed by nobody.
SELECT 'the delivery of message ' || CAST(message AS TEXT) || ' to ' || target || ' is ' || state || ', and still claimed'
FROM alert_deliveries WHERE claimed_until IS NOT NULL AND state <> 'pending';

-- name: A call of a model that was answered keeps its answer, one that failed says why, and one that is under way has neither.
SELECT 'call ' || CAST(id AS TEXT) || ' of session ' || session_id || ' is ' || state || CASE WHEN reply IS NULL THEN ' without' ELSE ' with' END || ' a reply'
FROM chat_calls
WHERE (state = 'settled') <> (reply IS NOT NULL) OR (state = 'settled' AND settled_at IS NULL) OR (state = 'failed' AND error IS NULL);

-- name: A session has an account of what it spent.
SELECT 'session ' || retraining_sessions.session_id || ' has no account'
FROM retraining_sessions LEFT JOIN spendings ON spendings.session_id = retraining_sessions.session_id WHERE spendings.session_id IS NULL;

-- name: A conversation is of a variant that there is, and what it is counted in too.
SELECT 'conversations of ' || conversations.variant || ', which is no variant'
FROM conversations LEFT JOIN variants ON variants.name = conversations.variant WHERE variants.name IS NULL GROUP BY conversations.variant
UNION ALL
SELECT 'hourly sums of ' || hourly_rollups.variant || ', which is no variant'
FROM hourly_rollups LEFT JOIN variants ON variants.name = hourly_rollups.variant WHERE variants.name IS NULL GROUP BY hourly_rollups.variant;

-- name: The hourly sums of a version count its conversations, and no fewer where some were let go.
SELECT 'hourly sums of ' || variant || ' version ' || CAST(version AS TEXT) || ' count ' || CAST(CAST(sum(told) AS BIGINT) AS TEXT)
    || ' conversations; there are ' || CAST(CAST(sum(there) AS BIGINT) AS TEXT)
FROM (
    SELECT variant, version, 0 AS told, count(*) AS there FROM conversations GROUP BY variant, version
    UNION ALL
    SELECT variant, version, sum(conversations), 0 FROM hourly_rollups GROUP BY variant, version
) AS counted
GROUP BY variant, version
HAVING sum(told) < sum(there) OR (sum(told) > sum(there) AND NOT EXISTS (SELECT 1 FROM retention WHERE what = 'conversations'));

-- name: Of a file that was taken in each record is a conversation or was refused.
SELECT 'file ' || path || ' of backfill ' || backfill_id || ' has ' || (JSON(counts) ->> 'records') || ' records, of which '
    || (JSON(counts) ->> 'conversations') || ' are conversations and ' || (JSON(counts) ->> 'quarantined') || ' were refused'
FROM backfill_files
WHERE state = 'done'
AND CAST(JSON(counts) ->> 'records' AS BIGINT)
    <> CAST(JSON(counts) ->> 'conversations' AS BIGINT) + CAST(JSON(counts) ->> 'quarantined' AS BIGINT);

-- name: A file of a backfill is pending, or done with its counts, or failed with its reason, and what is over is nobody's.
SELECT 'file ' || path || ' of backfill ' || backfill_id || ' is ' || state || ' without what that takes'
FROM backfill_files
WHERE NOT (
    state = 'pending' OR (claimed_by IS NULL AND ((state = 'done' AND counts IS NOT NULL) OR (state = 'failed' AND error IS NOT NULL)))
);

-- name: No lease stays where nobody holds on to it, takes it over or lets it go.
SELECT 'lease of ' || name || ' ran out and was neither taken nor let go' FROM leases WHERE until < :long_ago;
