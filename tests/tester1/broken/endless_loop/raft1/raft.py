"""A solution that waits for its turn on server 2 by doing nothing, for ever."""

import threading
import time


class Raft:
    def __init__(self, me):
        self.me = me
        self.ready = False
        threading.Thread(target=self.wait_until_ready, name="waiter").start()

    def wait_until_ready(self):
        time.sleep(0.1)
        while not self.ready and self.me == 2:
            pass

    def GetState(self):
        return 1, False

    def Kill(self):
        pass


def Make(peers, me, persister, applyCh):
    return Raft(me)
