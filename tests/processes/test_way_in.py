"""What `ivr serve` prints in simulation leads into the web desk, once."""

import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.processes.running import running

pytestmark = pytest.mark.slow


def test_the_printed_link_signs_in_whoever_opens_it_first(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        found = re.search(rf"{service.base_url}/desk/link/\S+", service.log())
        assert found is not None, service.log()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with opener.open(found[0], timeout=10) as page:
            assert (page.status, page.url) == (200, f"{service.base_url}/desk/board")
            assert b"Sign out" in page.read()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(found[0], timeout=10)  # noqa: S310 (our own server)
        assert refused.value.code == 404
        refused.value.close()
