-- What must hold of a database, whatever was killed, raced or restored. Each statement looks for what breaks one rule, and tells it
-- in a sentence; where the rule holds it finds nothing. SQLite and PostgreSQL both read it, and so may you, with sqlite3 or psql.
-- The line before a statement is its name and its rule. Nothing here needs a clock.

-- one_active_version: a variant has one active version at most, and one that was ever activated has one.
SELECT 'variant ''' || variant_name || ''' has ' || sum(is_active) || ' active versions; it must have one' AS problem
FROM model_versions
WHERE variant_name IN (SELECT variant_name FROM activations)
GROUP BY variant_name
HAVING sum(is_active) <> 1
UNION ALL
SELECT 'variant ''' || variant_name || ''' has an active version, and nobody activated one'
FROM model_versions
WHERE is_active = 1 AND variant_name NOT IN (SELECT variant_name FROM activations);

-- one_open_session: a variant has one open session at most.
SELECT 'variant ''' || variant || ''' has ' || count(*) || ' open sessions; it may have one' AS problem
FROM retraining_sessions
WHERE completed_at IS NULL
GROUP BY variant
HAVING count(*) > 1;

-- lawful_state: a session has ended if its status is an ending, and has succeeded if it was promoted.
SELECT 'session ' || session_id || ' is ' || status || ', and '
    || CASE WHEN completed_at IS NULL THEN 'has not ended' ELSE 'has ended' END
    || CASE success WHEN 1 THEN ', with success' ELSE ', without success' END AS problem
FROM retraining_sessions
WHERE success <> CASE status WHEN 'promoted' THEN 1 ELSE 0 END
OR CASE
    WHEN status IN ('collecting_data', 'analyzing', 'improving', 'evaluating', 'shadow_testing', 'awaiting_review') THEN 0
    WHEN status IN ('promoted', 'rolled_back', 'inconclusive', 'invalid', 'cancelled', 'failed') THEN 1
    ELSE 2
END <> CASE WHEN completed_at IS NULL THEN 0 ELSE 1 END;

-- lawful_history: by the audit log a session began by collecting data, and each of its moves is one that there is, from where it stood.
WITH lawful (was, became) AS (
    VALUES ('collecting_data', 'analyzing'), ('analyzing', 'improving'), ('improving', 'evaluating'), ('evaluating', 'shadow_testing'),
    ('shadow_testing', 'awaiting_review'), ('shadow_testing', 'promoted'), ('awaiting_review', 'promoted'),
    ('shadow_testing', 'inconclusive'), ('awaiting_review', 'inconclusive'), ('shadow_testing', 'invalid'), ('awaiting_review', 'invalid'),
    ('collecting_data', 'rolled_back'), ('analyzing', 'rolled_back'), ('improving', 'rolled_back'), ('evaluating', 'rolled_back'),
    ('shadow_testing', 'rolled_back'), ('awaiting_review', 'rolled_back'),
    ('collecting_data', 'cancelled'), ('analyzing', 'cancelled'), ('improving', 'cancelled'), ('evaluating', 'cancelled'),
    ('shadow_testing', 'cancelled'), ('awaiting_review', 'cancelled'),
    ('collecting_data', 'failed'), ('analyzing', 'failed'), ('improving', 'failed'), ('evaluating', 'failed'),
    ('shadow_testing', 'failed'), ('awaiting_review', 'failed')
), told (id, subject, was, became) AS (
    SELECT id, subject, JSON("before") ->> 'status', JSON("after") ->> 'status'
    FROM audit_log
    WHERE subject LIKE 'retraining_sessions:%' AND "after" LIKE '%"status":%'
), moves AS (
    SELECT id, subject, was, became, LAG(became) OVER (PARTITION BY subject ORDER BY id) AS stood
    FROM told
    WHERE became IS NOT NULL
)
SELECT 'audit row ' || moves.id || ' moves ' || moves.subject || ' from ' || COALESCE(moves.was, 'nothing') || ' to ' || moves.became
    || CASE WHEN moves.was IS DISTINCT FROM moves.stood THEN '; it was ' || COALESCE(moves.stood, 'nothing') ELSE '; there is no such move' END
    AS problem
FROM moves
LEFT JOIN lawful ON lawful.was = moves.was AND lawful.became = moves.became
WHERE moves.was IS DISTINCT FROM moves.stood
OR (moves.was IS NULL AND moves.became <> 'collecting_data')
OR (moves.was IS NOT NULL AND lawful.was IS NULL);

-- evidence_of_steps: a session keeps what each step that it has behind it found.
WITH place (status, steps) AS (
    VALUES ('analyzing', 1), ('improving', 2), ('evaluating', 3), ('shadow_testing', 4), ('awaiting_review', 5), ('promoted', 5)
)
SELECT 'session ' || it.session_id || ' is ' || it.status || ', and keeps no '
    || CASE
        WHEN it.training_data IS NULL THEN 'training data'
        WHEN place.steps > 1 AND it.failure_analysis IS NULL THEN 'failure analysis'
        WHEN place.steps > 2 AND it.prompt_improvement IS NULL THEN 'improvement'
        WHEN place.steps > 2 AND it.new_variant IS NULL THEN 'candidate'
        WHEN place.steps > 3 AND it.evaluation IS NULL THEN 'evaluation'
        WHEN place.steps > 3 AND it.shadow_started_at IS NULL THEN 'shadow test'
        ELSE 'analysis of its shadow test'
    END AS problem
FROM retraining_sessions AS it
JOIN place ON place.status = it.status
WHERE it.training_data IS NULL
OR (place.steps > 1 AND it.failure_analysis IS NULL)
OR (place.steps > 2 AND (it.prompt_improvement IS NULL OR it.new_variant IS NULL))
OR (place.steps > 3 AND (it.evaluation IS NULL OR it.shadow_started_at IS NULL))
OR (place.steps > 4 AND it.shadow_analysis IS NULL);

-- candidate_registered: the candidate that a session names is a version of its variant.
SELECT 'session ' || it.session_id || ' names ' || it.new_variant || ', and no such version is registered' AS problem
FROM retraining_sessions AS it
LEFT JOIN model_versions AS one ON one.variant_name = it.variant AND one.version = it.version
WHERE it.new_variant IS NOT NULL AND one.id IS NULL;

-- endings_say_why: whoever is not promoted is told why, and only he.
SELECT 'session ' || session_id || ' is ' || status || CASE reasons WHEN '[]' THEN ', and says no reason' ELSE ', and has reasons against it' END AS problem
FROM retraining_sessions
WHERE completed_at IS NOT NULL AND CASE status WHEN 'promoted' THEN 1 ELSE 0 END <> CASE reasons WHEN '[]' THEN 1 ELSE 0 END;

-- decided_once: a person's answer and a session's ending do not contradict each other.
SELECT 'session ' || session_id || ' is ' || status || ', and was answered ' || (JSON(review) ->> 'answer') AS problem
FROM retraining_sessions
WHERE review IS NOT NULL AND "force" IS NULL AND status = CASE JSON(review) ->> 'answer' WHEN 'reject' THEN 'promoted' ELSE '' END;

-- promotions_activate: a promoted session activated its candidate once and put it on probation once; another did neither.
SELECT 'session ' || it.session_id || ' is ' || it.status || ', and activated its candidate ' || count(made.id) || ' times' AS problem
FROM retraining_sessions AS it
LEFT JOIN activations AS made
ON made.session_id = it.session_id AND made.variant_name = it.variant AND made.version = it.version AND made.kind = 'activate'
GROUP BY it.session_id, it.status
HAVING count(made.id) <> CASE it.status WHEN 'promoted' THEN 1 ELSE 0 END
UNION ALL
SELECT 'session ' || it.session_id || ' is ' || it.status || ', and has ' || count(watch.id) || ' probations'
FROM retraining_sessions AS it
LEFT JOIN probations AS watch ON watch.session_id = it.session_id
GROUP BY it.session_id, it.status
HAVING count(watch.id) <> CASE it.status WHEN 'promoted' THEN 1 ELSE 0 END
UNION ALL
SELECT 'activation ' || made.id || ' of ''' || made.variant_name || ''' rests on session ' || made.session_id || ', which activates another'
FROM activations AS made
LEFT JOIN retraining_sessions AS it
ON it.session_id = made.session_id AND it.variant = made.variant_name AND it.version = made.version
WHERE made.session_id IS NOT NULL AND it.id IS NULL;

-- rollups_count_rows: the rollups of a version count its conversations; where traffic was let go, no fewer.
SELECT 'rollups of ''' || counted.variant || ''' version ' || counted.version || ' count '
    || CAST(sum(counted.told) AS BIGINT) || ' conversations; there are ' || CAST(sum(counted.there) AS BIGINT) AS problem
FROM (
    SELECT variant, version, 0 AS told, count(*) AS there FROM conversations GROUP BY variant, version
    UNION ALL
    SELECT variant, version, sum(conversations), 0 FROM hourly_rollups GROUP BY variant, version
) AS counted
GROUP BY counted.variant, counted.version
HAVING sum(counted.told) < sum(counted.there)
OR (sum(counted.told) > sum(counted.there) AND NOT EXISTS (SELECT 1 FROM retention WHERE what = 'conversations'));

-- read_is_kept_or_refused: of a file that was taken in each record is a conversation or was refused.
SELECT 'file ' || number || ' of ' || backfill_id || ' has ' || (JSON(counts) ->> 'records') || ' records, of which '
    || (JSON(counts) ->> 'conversations') || ' are conversations and ' || (JSON(counts) ->> 'quarantined') || ' were refused' AS problem
FROM backfill_files
WHERE state = 'done'
AND CAST(JSON(counts) ->> 'records' AS BIGINT)
    <> CAST(JSON(counts) ->> 'conversations' AS BIGINT) + CAST(JSON(counts) ->> 'quarantined' AS BIGINT);

-- chained_log: each row of the audit log follows the one before it.
SELECT 'audit row ' || id || ' follows no row: it was cut off or put in' AS problem
FROM (SELECT id, previous_hash, LAG(hash) OVER (ORDER BY id) AS last_hash, LAG(id) OVER (ORDER BY id) AS last_id FROM audit_log) AS links
WHERE last_id IS NOT NULL AND previous_hash <> last_hash;

-- no_claim_outlived: what is done is claimed by nobody, and what is claimed says by whom.
SELECT 'the delivery of message ' || message || ' to ' || target || ' is ' || state || ', and still claimed' AS problem
FROM alert_deliveries
WHERE claimed_until IS NOT NULL AND state <> 'pending'
UNION ALL
SELECT 'file ' || number || ' of ' || backfill_id || ' is ' || state || ', and still claimed'
FROM backfill_files
WHERE claimed_until IS NOT NULL AND (state <> 'pending' OR claimed_by IS NULL);

-- one_open_probation: a variant has one open probation at most, and an open alarm and an open alert at most.
SELECT 'variant ''' || variant || ''' has ' || count(*) || ' open probations; it may have one' AS problem
FROM probations WHERE ended_at IS NULL GROUP BY variant HAVING count(*) > 1
UNION ALL
SELECT 'variant ''' || variant || ''' has ' || count(*) || ' open drift episodes; it may have one'
FROM drift_detections WHERE closed_at IS NULL GROUP BY variant HAVING count(*) > 1
UNION ALL
SELECT 'variant ''' || variant || ''' has ' || count(*) || ' open alerts; it may have one'
FROM alert_episodes WHERE closed_at IS NULL GROUP BY variant HAVING count(*) > 1;

-- calls_are_paid_once: a call that was answered keeps its answer, another has none, and each session has one account.
SELECT 'call ' || id || ' of session ' || session_id || ' is ' || state || CASE WHEN reply IS NULL THEN ' without' ELSE ' with' END || ' a reply' AS problem
FROM chat_calls
WHERE CASE state WHEN 'settled' THEN 1 ELSE 0 END <> CASE WHEN reply IS NULL THEN 0 ELSE 1 END
UNION ALL
SELECT 'session ' || it.session_id || ' has no account'
FROM retraining_sessions AS it
LEFT JOIN spendings AS account ON account.session_id = it.session_id
WHERE account.session_id IS NULL;

-- samples_are_whole: a scenario that was served keeps its sample, when it came and from whom; one that waits keeps none of them.
SELECT 'scenario ' || scenario_id || ' of session ' || session_id || ' is neither served nor waiting' AS problem
FROM shadow_samples
WHERE (sample IS NULL) <> (recorded_at IS NULL) OR (sample IS NULL) <> (recorded_by IS NULL);

-- messages_reach_or_say: a message has as many deliveries as it was addressed to, each delivered, dead with an error, or pending.
SELECT 'message ' || it.id || ' was addressed to ' || COALESCE(it.targets, 0) || ' targets and has ' || count(way.message) || ' deliveries' AS problem
FROM alert_messages AS it
LEFT JOIN alert_deliveries AS way ON way.message = it.number
GROUP BY it.id, it.targets
HAVING COALESCE(it.targets, 0) <> count(way.message)
UNION ALL
SELECT 'the delivery of message ' || message || ' to ' || target || ' is ' || state || ', and neither delivered, dead with an error, nor pending'
FROM alert_deliveries
WHERE NOT (
    (state = 'delivered' AND delivered_at IS NOT NULL) OR (state = 'dead' AND "error" IS NOT NULL) OR state = 'pending'
);
