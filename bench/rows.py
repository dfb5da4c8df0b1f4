"""Rows by the hundred thousand: a row that the server itself made is the pattern of them all."""
import sqlite3


def open_stopped(server):
    """The database of a server that is stopped."""
    db = sqlite3.connect(server.data() + "/slipway.db")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -400000")
    db.execute("PRAGMA foreign_keys = OFF")
    return db


def uuids(kind):
    """SQL: another uuid for each n."""
    return "printf('%%08x-0000-7000-8000-%%012x', %d, n.n)" % kind


def clone(db, table, pattern, count, first=1, **columns):
    """count copies of the row that the condition names, n.n = first, first + 1, ...; columns: SQL of what differs in each."""
    names = [c[1] for c in db.execute("PRAGMA table_info(%s)" % table) if c[1] != "id" or "id" in columns]
    values = ", ".join(columns.get(c, "x." + c) for c in names)
    db.execute("INSERT INTO %s (%s) SELECT %s FROM (WITH RECURSIVE s(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s) n, "
               "(SELECT * FROM %s WHERE %s LIMIT 1) x" % (table, ", ".join(names), values, first, first + count - 1, table, pattern))
