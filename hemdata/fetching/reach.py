"""Whether a published file can be had here: it is in the cache, or one of its addresses answers."""

from hemdata.catalog import RemoteFile
from hemdata.fetching.fetch import cached, offline_asked

SECONDS = 5.0
"""For an address to answer."""


def out_of_reach(remote: RemoteFile) -> str | None:
    """Why `fetch` would not get a file, in words; None where it would. Nothing is downloaded.

    Args:
        remote: the file, of a card.
    """
    if cached(remote):
        return None
    if offline_asked():
        return "offline (HEMDATA_OFFLINE), and the cache does not hold it"
    said = []
    for url in (remote.url, *remote.mirrors):
        refused = _refused(url)
        if refused is None:
            return None
        said.append(f"{refused} from {url}")
    return "; ".join(said)


def _refused(url: str) -> str | None:
    import requests

    try:
        # Not HEAD, which some servers refuse; nothing of the body is read.
        with requests.get(url, headers={"Range": "bytes=0-0"}, stream=True, timeout=SECONDS) as answer:
            return None if answer.status_code < 400 else f"HTTP {answer.status_code}"
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
