"""The only door to git: nothing else in Goldpath starts git or imports GitPython.

Arguments are fixed lists, what comes from outside is checked and stands after `--`, and git reads one configuration
that ships with the portal instead of the machine's.
"""

from __future__ import annotations

from scaffolder.git.bare import DRAFT, create_bare, in_use, is_in_use, loose_refs, made_by
from scaffolder.git.command import GitError
from scaffolder.git.commits import Commit, Person, PushTarget, commit_folder, pack, push
from scaffolder.git.compare import difference
from scaffolder.git.edits import Edits, commit_edits
from scaffolder.git.folders import Folder, TreeEntry, find_file, list_tree
from scaffolder.git.names import checked_path, checked_ref, is_commit, is_ref
from scaffolder.git.objects import CommitHead, ObjectReader, TooManyFilesError, TreeFile
from scaffolder.git.reads import (
    Blob,
    Change,
    CommitInfo,
    changes,
    commit_info,
    head,
    log,
    patch,
    read_blob,
    refs,
    renames,
    resolve,
)

__all__ = [
    "DRAFT",
    "Blob",
    "Change",
    "Commit",
    "CommitHead",
    "CommitInfo",
    "Edits",
    "Folder",
    "GitError",
    "ObjectReader",
    "Person",
    "PushTarget",
    "TooManyFilesError",
    "TreeEntry",
    "TreeFile",
    "changes",
    "checked_path",
    "checked_ref",
    "commit_edits",
    "commit_folder",
    "commit_info",
    "create_bare",
    "difference",
    "find_file",
    "head",
    "in_use",
    "is_commit",
    "is_in_use",
    "is_ref",
    "list_tree",
    "log",
    "loose_refs",
    "made_by",
    "pack",
    "patch",
    "push",
    "read_blob",
    "refs",
    "renames",
    "resolve",
]
