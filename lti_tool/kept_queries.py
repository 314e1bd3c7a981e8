"""Queries that every launch asks, with their SQL put together once.

Django puts the SQL of a query together anew each time, which takes several times as long as the database takes to answer
it: a third of a launch. Here only the values change. The rows are made by Django as ever; what this relies on of Django is
that a query gives its compiler by `get_compiler`, and a compiler its SQL by `as_sql` and what reads its columns by
`get_converters`.
"""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.models.query import ModelIterable

_Row = TypeVar("_Row", bound=models.Model)


class Given(models.Value):
    """Stands in a kept query for a value that each call names. Nothing converts it: numbers and text only."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class KeptQuery(Generic[_Row]):
    """Called with a value for each `Given` it gives the rows, read from the database now.

    `rows` makes the query set, once, when it is needed first. The SQL has to be the same for every value: `Given` suits
    comparisons with something, never with None.
    """

    def __init__(self, rows: Callable[[], models.QuerySet[_Row]]) -> None:
        self._make = rows

    def __call__(self, **values: int | str) -> list[_Row]:
        rows, (kept, sql, parameters, converters) = self._rows, self._compiled
        given = tuple(values[each.value] if isinstance(each, Given) else each for each in parameters)
        compiler = copy.copy(kept)
        compiler.connection = connections[rows.db]  # each thread has its own
        compiler.as_sql = lambda *args, **options: (sql, given)
        compiler.get_converters = lambda columns: converters
        query = copy.copy(rows.query)
        query.get_compiler = lambda *args, **options: compiler  # type: ignore[method-assign]
        return list(ModelIterable(models.QuerySet(rows.model, query, rows.db)))

    def one(self, **values: int | str) -> _Row | None:
        """The only row, of a query that finds one at most; or None."""
        return next(iter(self(**values)), None)

    @cached_property
    def _rows(self) -> models.QuerySet[_Row]:
        return self._make()

    @cached_property
    def _compiled(self) -> tuple[Any, str, tuple[Any, ...], dict[int, Any]]:
        """A compiler, its SQL with the parameters, and what turns columns into values."""
        compiler = self._rows.query.get_compiler(using=self._rows.db)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        return compiler, sql, tuple(parameters), converters
