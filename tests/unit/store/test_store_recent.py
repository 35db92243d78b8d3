"""The newest events are at hand, the older ones are known to be elsewhere."""

from tensorfleet.store.recent import Recent


def recent(last, added, keep):
    events = Recent(last, keep)
    for number in range(last + 1, last + added + 1):
        events.add({"id": number, "job": "odd" if number % 2 else "even"})
    return events


def numbers(events, after, limit=100, job=None):
    return [event["id"] for event in events.read(after, limit, job)]


def test_it_reaches_back_to_where_it_began():
    events = recent(last=10, added=3, keep=None)
    assert [events.reaches(after) for after in (9, 10, 13, 99)] == [False, True, True, True]
    assert numbers(events, 10) == [11, 12, 13]
    assert numbers(events, 11, limit=1) == [12]
    assert numbers(events, 10, job="odd") == [11, 13]


def test_with_nothing_added_it_knows_the_last_number():
    events = recent(last=10, added=0, keep=3)
    assert events.last == 10
    assert events.reaches(10)
    assert not events.reaches(9)


def test_it_keeps_at_least_as_many_as_it_was_told_and_at_most_twice():
    for added in range(1, 30):
        events = recent(last=0, added=added, keep=3)
        begin = next(after for after in range(30) if events.reaches(after))
        assert numbers(events, begin) == list(range(begin + 1, added + 1))
        assert min(added, 3) <= added - begin < 6
