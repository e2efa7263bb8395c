"""What client authors call each operation, and where its answer leads: a name that was given stays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_LIFECYCLE: Final = "/api/lifecycle"
_SHADOW: Final = "/api/reliability/shadow"

NAMES: Final[Mapping[tuple[str, str], str]] = {
    ("POST", f"{_LIFECYCLE}/conversations"): "sendConversations",
    ("POST", "/v1/traces"): "sendTraces",
    ("GET", f"{_LIFECYCLE}/drift/detect"): "detectDrift",
    ("GET", f"{_LIFECYCLE}/drift/history"): "listDriftEpisodes",
    ("GET", f"{_LIFECYCLE}/drift/episode"): "getDriftEpisode",
    ("POST", f"{_LIFECYCLE}/drift/known"): "acceptDrift",
    ("GET", f"{_LIFECYCLE}/drift/metrics"): "getDriftMetrics",
    ("GET", f"{_LIFECYCLE}/drift/explain"): "explainDrift",
    ("GET", f"{_LIFECYCLE}/drift/backtest"): "backtestDrift",
    ("GET", f"{_LIFECYCLE}/alerts"): "getAlerts",
    ("GET", f"{_LIFECYCLE}/alerts/messages"): "listAlertMessages",
    ("POST", f"{_LIFECYCLE}/alerts/silence"): "silenceAlerts",
    ("POST", f"{_LIFECYCLE}/alerts/lift"): "liftSilence",
    ("POST", f"{_LIFECYCLE}/alerts/test"): "testAlerts",
    ("POST", f"{_LIFECYCLE}/alerts/resend"): "resendAlerts",
    ("GET", f"{_LIFECYCLE}/policy"): "getPolicy",
    ("POST", f"{_LIFECYCLE}/policy/set"): "setPolicy",
    ("POST", f"{_LIFECYCLE}/policy/reset"): "resetPolicy",
    ("GET", f"{_LIFECYCLE}/policy/history"): "listPolicyChanges",
    ("GET", f"{_LIFECYCLE}/retraining/check"): "checkRetraining",
    ("POST", f"{_LIFECYCLE}/retraining/start"): "startRetraining",
    ("POST", f"{_LIFECYCLE}/retraining/finalize"): "finalizeRetraining",
    ("GET", f"{_LIFECYCLE}/retraining/review"): "getReview",
    ("GET", f"{_LIFECYCLE}/retraining/report"): "getRetrainingReport",
    ("POST", f"{_LIFECYCLE}/retraining/approve"): "approveCandidate",
    ("POST", f"{_LIFECYCLE}/retraining/reject"): "rejectCandidate",
    ("POST", f"{_LIFECYCLE}/retraining/cancel"): "cancelRetraining",
    ("GET", f"{_LIFECYCLE}/retraining/status"): "getRetrainingStatus",
    ("GET", f"{_LIFECYCLE}/retraining/history"): "listRetrainings",
    ("GET", f"{_LIFECYCLE}/failures"): "explainFailures",
    ("GET", f"{_LIFECYCLE}/training/export"): "exportTrainingData",
    ("GET", f"{_LIFECYCLE}/cases"): "listCases",
    ("GET", f"{_LIFECYCLE}/cases/report"): "getCaseReport",
    ("GET", f"{_LIFECYCLE}/cases/tools"): "getToolStandIns",
    ("POST", f"{_LIFECYCLE}/cases/add"): "addCases",
    ("POST", f"{_LIFECYCLE}/cases/remove"): "removeCases",
    ("POST", f"{_LIFECYCLE}/cases/restore"): "restoreCases",
    ("GET", f"{_SHADOW}/status"): "getShadowStatus",
    ("GET", f"{_SHADOW}/analysis"): "getShadowAnalysis",
    ("GET", f"{_SHADOW}/evidence"): "getShadowEvidence",
    ("GET", f"{_SHADOW}/agreement"): "getShadowAgreement",
    ("GET", f"{_SHADOW}/plan"): "planShadow",
    ("POST", f"{_SHADOW}/samples"): "sendShadowSamples",
    ("POST", f"{_LIFECYCLE}/versions/register"): "registerVersion",
    ("POST", f"{_LIFECYCLE}/versions/activate"): "activateVersion",
    ("POST", f"{_LIFECYCLE}/versions/rollback"): "rollBack",
    ("GET", f"{_LIFECYCLE}/versions/rollback/preview"): "previewRollback",
    ("GET", f"{_LIFECYCLE}/versions/active"): "getActiveVersion",
    ("GET", f"{_LIFECYCLE}/versions/version"): "getVersion",
    ("GET", f"{_LIFECYCLE}/versions/history"): "listVersions",
    ("GET", f"{_LIFECYCLE}/versions/compare"): "compareVersions",
    ("GET", f"{_LIFECYCLE}/versions/diff"): "diffVersions",
    ("POST", f"{_LIFECYCLE}/versions/tag"): "tagVersion",
    ("POST", f"{_LIFECYCLE}/versions/untag"): "untagVersion",
    ("GET", f"{_LIFECYCLE}/versions/list"): "listVariants",
    ("GET", f"{_LIFECYCLE}/whoami"): "whoAmI",
    ("GET", f"{_LIFECYCLE}/keys"): "listKeys",
    ("POST", f"{_LIFECYCLE}/keys/create"): "createKey",
    ("POST", f"{_LIFECYCLE}/keys/revoke"): "revokeKey",
    ("GET", f"{_LIFECYCLE}/audit"): "listChanges",
    ("GET", f"{_LIFECYCLE}/audit/verify"): "verifyAudit",
    ("POST", f"{_LIFECYCLE}/audit/anchor"): "anchorAudit",
    ("GET", f"{_LIFECYCLE}/status"): "getStatus",
    ("GET", "/api/reliability/metrics"): "getFigures",
    ("GET", "/healthz"): "getHealth",
    ("GET", "/readyz"): "getReadiness",
    ("GET", "/metrics"): "getMetrics",
}

TAGS: Final[Mapping[str, str]] = {
    "traffic": "What agents did: conversations, sent as they end.",
    "drift": "Whether an agent does worse than it did, since when, and what contributes to it.",
    "alerts": "What alerts, who is told of it, and whether that arrives.",
    "policy": "What counts as drift for a variant, and what is done about it.",
    "retraining": "A better prompt: started, tested beside the present one, decided on.",
    "shadow": "The test of a candidate beside the version that serves.",
    "versions": "Prompts as they were kept; which one serves, and the way back.",
    "keys": "Who may ask for what.",
    "audit": "Who changed what, and proof that nobody rewrote it.",
    "status": "How everything stands, for people and for monitors.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """What an answer of `of` tells to ask `to` with, in OpenAPI's runtime expressions."""

    of: str
    to: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """It as a Link Object."""
        return {
            "operationId": self.to,
            **({"parameters": dict(self.parameters)} if self.parameters else {}),
            **({"requestBody": dict(self.body)} if self.body else {}),
        }


_VARIANT: Final = {"variantName": "$response.body#/variantName"}
_VERSION: Final = {**_VARIANT, "version": "$response.body#/version"}
_SESSION: Final = {"sessionId": "$response.body#/session/id"}
_NEWEST: Final = "$response.body#/open/0/id"
_EPISODE: Final = "$response.body#/episodes/0/id"
_SETTINGS: Final = {"variant": "$response.body#/variant"}

LINKS: Final = (
    Link("registerVersion", "activateVersion", body=_VERSION),
    Link("registerVersion", "getVersion", _VERSION),
    Link("registerVersion", "tagVersion", body={**_VERSION, "tag": "experimental"}),
    Link("registerVersion", "listVersions", _VARIANT),
    Link("tagVersion", "untagVersion", body={**_VERSION, "tag": "experimental"}),
    Link("activateVersion", "getActiveVersion", _VARIANT),
    Link("activateVersion", "previewRollback", _VARIANT),
    Link("activateVersion", "rollBack", body=_VARIANT),
    Link("rollBack", "getActiveVersion", _VARIANT),
    Link("getActiveVersion", "getActiveVersion", {**_VARIANT, "header.If-None-Match": "$response.header.ETag"}),
    Link("startRetraining", "getRetrainingStatus", _SESSION),
    Link("startRetraining", "finalizeRetraining", body=_SESSION),
    Link("startRetraining", "cancelRetraining", body=_SESSION),
    Link("getRetrainingStatus", "getReview", {"sessionId": _NEWEST}),
    Link("getRetrainingStatus", "approveCandidate", body={"sessionId": _NEWEST, "reason": "read all ten pairs"}),
    Link("getRetrainingStatus", "rejectCandidate", body={"sessionId": _NEWEST, "reason": "read all ten pairs"}),
    Link("getRetrainingStatus", "getShadowAnalysis", {"sessionId": _NEWEST}),
    Link("listDriftEpisodes", "getDriftEpisode", {"episode": _EPISODE}),
    Link("listDriftEpisodes", "acceptDrift", body={"episodeId": _EPISODE, "reason": "it is meant"}),
    Link("silenceAlerts", "liftSilence", body={"silenceId": "$response.body#/id"}),
    Link("createKey", "revokeKey", body={"name": "$response.body#/name"}),
    Link("addCases", "listCases", _SETTINGS),
    Link("addCases", "removeCases", body={**_SETTINGS, "names": ["$response.body#/changed/0/name"]}),
    Link("removeCases", "restoreCases", body={**_SETTINGS, "names": ["$response.body#/changed/0/name"]}),
    Link("setPolicy", "getPolicy", _SETTINGS),
    Link("setPolicy", "resetPolicy", body=_SETTINGS),
)
