package dev.woodpecker.runtime.vendor.onednn;

import java.util.List;

/** What oneDNN's functions return. */
final class Status {
    static final int SUCCESS = 0;
    static final int UNIMPLEMENTED = 3;

    private static final List<String> TEXTS = List.of(
            "success",
            "out of memory",
            "invalid arguments",
            "unimplemented",
            "last implementation reached",
            "runtime error",
            "not required",
            "invalid graph");

    private Status() {}

    /** @param what was to be done, to follow "oneDNN cannot" */
    static void check(int status, String what) {
        if (status != SUCCESS) {
            throw new IllegalStateException("oneDNN cannot " + what + ": "
                    + (status > 0 && status < TEXTS.size() ? TEXTS.get(status) : "status " + status));
        }
    }
}
