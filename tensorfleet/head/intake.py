"""From a job file to a job that can run: the recipe's script and command filled in, all of its code known to be here.

The command line, REST and job files all come through here, so that they mean the same and are refused alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from tensorfleet.core.job import JobSpec
from tensorfleet.errors import Corrupt, InvalidRequest, NotFound
from tensorfleet.objects.port import Objects
from tensorfleet.recipes.catalog import RecipeError, command, find
from tensorfleet.wire.jobfile import JobFile
from tensorfleet.wire.jobspec import to_spec
from tensorfleet.wire.manifest import CHUNK, File, Manifest, digest_of, fetch_manifest, is_digest, seal_manifest

NAMED: Final = 3
"""Missing chunks that a refusal names."""


async def take_in(job: JobFile, objects: Objects) -> JobSpec:
    """The complete spec of `job`. Raises InvalidRequest."""
    if job.workdir and not job.code:
        raise InvalidRequest(
            "workdir: a directory of yours does not come along by itself.",
            "Upload it to /api/v1/blobs and give its manifest's digest as `code`, as `tensorfleet run` does.",
        )
    if not job.recipe:
        if job.params:
            raise InvalidRequest("params: only a recipe takes them.", "Name the `recipe`, or leave them out.")
        spec = to_spec(job)
        if spec.code:
            await _load(spec.code, objects)
        return spec
    try:
        run = tuple(command(job.recipe, job.params))
    except RecipeError as error:
        raise InvalidRequest(error.detail, error.hint) from error
    spec = to_spec(job, recipe_run=run)
    files = (await _load(spec.code, objects)).files if spec.code else ()
    return to_spec(job, code=await _with_script(job.recipe, files, objects), recipe_run=run)


async def _load(digest: str, objects: Objects) -> Manifest:
    """The manifest of uploaded code, all of whose chunks are here."""
    if not is_digest(digest):
        raise InvalidRequest("code: not a SHA-256 digest of an uploaded manifest.")
    try:
        manifest = await fetch_manifest(digest, objects.get)
    except NotFound:
        raise InvalidRequest(
            f"code: the manifest {digest} has not been uploaded.", f"Send it with PUT /api/v1/blobs/{digest}."
        ) from None
    except Corrupt as error:
        raise InvalidRequest(f"code: {digest} is not a whole manifest.", "Upload it again.") from error
    missing = sorted(await objects.missing(manifest.chunks))
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise InvalidRequest(
            f"code: parts of {digest} have not been uploaded: {', '.join(missing[:NAMED])}{more}.",
            "POST /api/v1/blobs:missing tells all that are missing; send each with PUT /api/v1/blobs/DIGEST.",
        )
    return manifest


async def _with_script(recipe: str, files: Sequence[File], objects: Objects) -> str:
    """The digest of a tree that holds `files` and the recipe's script, which is stored if it is not yet."""
    script = find(recipe).script
    data = await asyncio.to_thread(script.read_bytes)
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    entry = File(script.name, 0o644, len(data), tuple(map(digest_of, chunks)))
    tree, parts = seal_manifest(Manifest((*(file for file in files if file.path != script.name), entry)))
    blobs = {digest_of(blob): blob for blob in (*chunks, *parts, tree)}
    for digest in await objects.missing(blobs):
        await objects.put(digest, blobs[digest])
    return digest_of(tree)
