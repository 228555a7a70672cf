package dev.woodpecker.cli.bench;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Signals of Linux that Java has no words for: a process that is stopped takes no time from another's measurement. */
final class Signals {
    // <signal.h> and <sys/prctl.h> of Linux on x86-64 and aarch64.
    private static final int SIGKILL = 9;
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final int PR_SET_PDEATHSIG = 1;

    private static final Optional<MethodHandle> KILL =
            function("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private Signals() {}

    /** Lets no thread of the process run until {@link #resume}; false where there are no such signals. */
    static boolean stop(long pid) {
        return send(pid, SIGSTOP);
    }

    static boolean resume(long pid) {
        return send(pid, SIGCONT);
    }

    /** Has this process killed when the one that started it ends, however it ends: a stopped one would stay for ever. */
    static void endWithParent() {
        function("prctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG))
                .ifPresent(prctl -> call(() -> (int) prctl.invokeExact(PR_SET_PDEATHSIG, (long) SIGKILL)));
    }

    private static boolean send(long pid, int signal) {
        return KILL.isPresent() && call(() -> (int) KILL.get().invokeExact(Math.toIntExact(pid), signal)) == 0;
    }

    private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, type));
    }

    private interface ForeignCall {
        int call() throws Throwable;
    }

    private static int call(ForeignCall foreign) {
        try {
            return foreign.call();
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }
}
