"""A backup while eight clients write: how long it takes, how long writers wait meanwhile, and whether it holds and what it holds.

SQLite is backed up as `lifecycle db backup` does, and put back as `lifecycle db restore` does. PostgreSQL is backed up by `pg_dump
--format=custom` and put back by `pg_restore` into an empty database, as the refusal of `lifecycle db backup` says. What was acknowledged
before the backup began must be in it, every batch whole or not at all, and what was put back must hold by `lifecycle db verify`.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks._databases import places
from lifecycle_core.conversations import Conversation, conversation_adapter
