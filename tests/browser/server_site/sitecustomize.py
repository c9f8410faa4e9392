"""On the path of the server under test, so that the server too cannot leave the machine."""

from tests import no_network

no_network.install()
