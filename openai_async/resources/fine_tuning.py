"""https://platform.openai.com/docs/api-reference/fine-tuning"""

from __future__ import annotations

import functools

from typing_extensions import Unpack, deprecated

from .._pagination import Page, Pager
from .._request import RequestOptions, bind, path
from .._resource import Resource, defaults
from .._retry import RetryPolicy
from ..types.fine_tuning import (
    CheckpointPermission,
    CheckpointPermissionCreateParams,
    CheckpointPermissionDeleted,
    CheckpointPermissionListParams,
    FineTuningJob,
    FineTuningJobCheckpoint,
    FineTuningJobCreateParams,
    FineTuningJobEvent,
    FineTuningJobListParams,
    FineTuningJobPageParams,
    GraderRun,
    GraderRunParams,
    GraderValidateParams,
    ValidatedGrader,
)
from ._follow_job import FollowedJob
from ._rounds import RECONNECT

__all__ = ["Alpha", "Checkpoints", "FineTuning", "Graders", "JobCheckpoints", "Jobs", "Permissions"]


class JobCheckpoints(Resource):
    """Models as they were in the middle of a job."""

    def list(
        self, fine_tuning_job_id: str, **params: Unpack[FineTuningJobPageParams]
    ) -> Pager[FineTuningJobCheckpoint]:
        """Iterate over a job's checkpoints, the newest first; await for the first page."""
        url = path(
            "/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints",
            fine_tuning_job_id=fine_tuning_job_id,
        )
        return self._page(url, FineTuningJobCheckpoint, query=params, takes=FineTuningJobPageParams)


class Jobs(Resource):
    """Jobs that make models from models and examples."""

    @functools.cached_property
    def checkpoints(self) -> JobCheckpoints:
        """Models as they were in the middle of a job."""
        return JobCheckpoints(self._client)

    async def create(self, **params: Unpack[FineTuningJobCreateParams]) -> FineTuningJob:
        """Start a job; its status tells how far it is."""
        return await self._post(
            "/fine_tuning/jobs", FineTuningJob, json=params, takes=FineTuningJobCreateParams
        )

    async def retrieve(
        self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]
    ) -> FineTuningJob:
        """A job as it stands."""
        return await self._get(_job(fine_tuning_job_id), FineTuningJob, query=options)

    def list(self, **params: Unpack[FineTuningJobListParams]) -> Pager[FineTuningJob]:
        """Iterate over the organization's jobs, the newest first; await for the first page."""
        if params.get("metadata", ...) is None:
            # A filter too: jobs without any. Left out, as None is in a query, it would be none.
            params["extra_query"] = {"metadata": "null", **(params.get("extra_query") or {})}
        return self._page(
            "/fine_tuning/jobs", FineTuningJob, query=params, takes=FineTuningJobListParams
        )

    async def cancel(
        self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]
    ) -> FineTuningJob:
        """End a job at once."""
        return await self._post(_job(fine_tuning_job_id, "/cancel"), FineTuningJob, json=options)

    async def pause(
        self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]
    ) -> FineTuningJob:
        """Let a job stand still."""
        return await self._post(_job(fine_tuning_job_id, "/pause"), FineTuningJob, json=options)

    async def resume(
        self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]
    ) -> FineTuningJob:
        """Let a paused job go on."""
        return await self._post(_job(fine_tuning_job_id, "/resume"), FineTuningJob, json=options)

    def list_events(
        self, fine_tuning_job_id: str, **params: Unpack[FineTuningJobPageParams]
    ) -> Pager[FineTuningJobEvent]:
        """Iterate over what happened to a job so far, the newest first; await for the first page.

        See also `follow`, which goes on until the job is finished.
        """
        url = _job(fine_tuning_job_id, "/events")
        return self._page(url, FineTuningJobEvent, query=params, takes=FineTuningJobPageParams)

    @defaults
    def follow(
        self,
        fine_tuning_job_id: str,
        *,
        poll_interval_ms: int | None = None,
        max_failures: int = 5,
        reconnect: RetryPolicy = RECONNECT,
        **options: Unpack[RequestOptions],
    ) -> FollowedJob:
        """Everything that happened and happens to a job, each once and oldest first, until it is
        finished; `.job` is then how it ended.

        The job is looked at every `poll_interval_ms`; where that is None, as often as the server
        says (`openai-poll-after-ms`), else less often the longer nothing happens, as `reconnect`
        says. After `max_failures` failures in a row, with no new event between them, the last error
        is raised; an error that no waiting mends (say a 404) is raised at once. `deadline` bounds
        the whole of it (`APITimeoutError`); the other options hold for each call.
        """
        path("{fine_tuning_job_id}", fine_tuning_job_id=fine_tuning_job_id)
        bind(options, RequestOptions)
        return FollowedJob(
            self, fine_tuning_job_id, reconnect, max_failures, poll_interval_ms, options
        )


def _job(fine_tuning_job_id: str, below: str = "") -> str:
    return path(
        "/fine_tuning/jobs/{fine_tuning_job_id}" + below, fine_tuning_job_id=fine_tuning_job_id
    )


class Permissions(Resource):
    """Which projects may use a checkpoint; for keys of organization administrators."""

    def create(
        self, fine_tuned_model_checkpoint: str, **params: Unpack[CheckpointPermissionCreateParams]
    ) -> Pager[CheckpointPermission]:
        """Let projects use a checkpoint, as soon as it is awaited or iterated over: the permissions
        that this made."""
        return self._page(
            _permissions(fine_tuned_model_checkpoint),
            CheckpointPermission,
            json=params,
            takes=CheckpointPermissionCreateParams,
        )

    def list(
        self, fine_tuned_model_checkpoint: str, **params: Unpack[CheckpointPermissionListParams]
    ) -> Pager[CheckpointPermission]:
        """Iterate over a checkpoint's permissions; await for the first page."""
        return self._page(
            _permissions(fine_tuned_model_checkpoint),
            CheckpointPermission,
            query=params,
            takes=CheckpointPermissionListParams,
        )

    @deprecated("permissions.retrieve() is deprecated: use permissions.list()")
    async def retrieve(
        self, fine_tuned_model_checkpoint: str, **params: Unpack[CheckpointPermissionListParams]
    ) -> Page[CheckpointPermission]:
        """A page of them."""
        return await self.list(fine_tuned_model_checkpoint, **params)

    async def delete(
        self,
        permission_id: str,
        *,
        fine_tuned_model_checkpoint: str,
        **options: Unpack[RequestOptions],
    ) -> CheckpointPermissionDeleted:
        """Take a permission back."""
        below = path("/{permission_id}", permission_id=permission_id)
        url = _permissions(fine_tuned_model_checkpoint) + below
        return await self._delete(url, CheckpointPermissionDeleted, query=options)


def _permissions(fine_tuned_model_checkpoint: str) -> str:
    return path(
        "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions",
        fine_tuned_model_checkpoint=fine_tuned_model_checkpoint,
    )


class Checkpoints(Resource):
    """Checkpoints of all jobs."""

    @functools.cached_property
    def permissions(self) -> Permissions:
        """Which projects may use a checkpoint."""
        return Permissions(self._client)


class Graders(Resource):
    """What rewards the answers of a model."""

    async def run(self, **params: Unpack[GraderRunParams]) -> GraderRun:
        """Grade one answer."""
        url = "/fine_tuning/alpha/graders/run"
        return await self._post(url, GraderRun, json=params, takes=GraderRunParams)

    async def validate(self, **params: Unpack[GraderValidateParams]) -> ValidatedGrader:
        """Have a grader checked; one that can't be used is a `BadRequestError`."""
        url = "/fine_tuning/alpha/graders/validate"
        return await self._post(url, ValidatedGrader, json=params, takes=GraderValidateParams)


class Alpha(Resource):
    """What may still change."""

    @functools.cached_property
    def graders(self) -> Graders:
        """What rewards the answers of a model."""
        return Graders(self._client)


class FineTuning(Resource):
    """Models, fitted to examples."""

    @functools.cached_property
    def jobs(self) -> Jobs:
        """Jobs that make models from models and examples."""
        return Jobs(self._client)

    @functools.cached_property
    def checkpoints(self) -> Checkpoints:
        """Checkpoints of all jobs."""
        return Checkpoints(self._client)

    @functools.cached_property
    def alpha(self) -> Alpha:
        """What may still change."""
        return Alpha(self._client)
