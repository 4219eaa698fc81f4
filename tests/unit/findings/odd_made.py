"""Whatever JSON can hold, for readers that must take it."""

from hypothesis import strategies as st

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["HIGH", "2020-01-01", "arn:", "arn:aws:s3:::x", "198.51.100.7", "\x1b[31m", "=1+1", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
