package dev.woodpecker.tuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.measure.Outcome.Timed;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** What generated code could do wrong, done on purpose; after each of them a good candidate is measured as before. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(60)
class FaultsTest {
    private static final String SIGNATURE =
            "(void *const *buffers, const long *params, void *scratch, long begin, long end)";

    private final TuningTask task = TestTasks.task(TestTasks.matrixProduct(192, 192, 192));
    private final Point good = TestTasks.preferred(task);
    private UnaryOperator<String> spoil = text -> text;
    private WorkerMeasurer measurer;

    @BeforeAll
    void start() {
        MeasureOptions options = new MeasureOptions(1, 5, 0.02, 8, 2, 1.5, 64 << 20);
        measurer = new WorkerMeasurer(
                TestTasks.compiler(),
                options,
                (kernel, printed) ->
                        new Source(printed.name(), spoil.apply(printed.text()), printed.symbols(), printed.options()));
        assertThat(measure(text -> text)).isInstanceOf(Timed.class);
    }

    @AfterAll
    void end() {
        measurer.close();
    }

    private Outcome measure(UnaryOperator<String> change) {
        spoil = change;
        return measurer.measure(task, List.of(good)).getFirst();
    }

    /** The kernel's function with this body. */
    private static UnaryOperator<String> body(String before, String body) {
        return text -> before + "\nint " + symbol(text) + SIGNATURE + " {\n" + body + "\nreturn 0;\n}\n";
    }

    private static String symbol(String text) {
        int name = text.indexOf("int32_t ", text.indexOf("*/")) + "int32_t ".length();
        return text.substring(name, text.indexOf('(', name));
    }

    /** The kernel as it is, with this in front of what it does. */
    private static UnaryOperator<String> first(String before, String statements) {
        return text -> {
            int function = text.indexOf("int32_t " + symbol(text));
            int body = text.indexOf('{', function) + 1;
            return text.substring(0, function) + before + "\n" + text.substring(function, body) + "\n" + statements
                    + text.substring(body);
        };
    }

    private void assertFails(UnaryOperator<String> change, Failure failure, String reason) {
        Outcome outcome = measure(change);
        assertThat(outcome).isInstanceOfSatisfying(Failed.class, failed -> {
            assertThat(failed.failure()).as(failed.reason()).isEqualTo(failure);
            assertThat(failed.reason()).contains(reason);
        });
        String another = "/* after " + failure + " " + reason + " " + System.nanoTime() + " */\n";
        assertThat(measure(text -> text + another)).isInstanceOf(Timed.class);
    }

    @Test
    void aWildPointer() {
        assertFails(body("", "*(volatile int *)64 = 1;"), Failure.CRASH, "SIGSEGV");
    }

    @Test
    void recursionWithoutEnd() {
        assertFails(
                body(
                        "static int f(volatile int *p, int n) { volatile int a[256]; a[0] = *p; return f(a, n + 1) +"
                                + " a[n & 255]; }",
                        "volatile int x = 1; return f(&x, 0);"),
                Failure.CRASH,
                "stack overflow");
    }

    @Test
    void aLoopWithoutEnd() {
        assertFails(body("", "for (volatile long i = 0;; i++) {}"), Failure.TIMEOUT, "longer than");
    }

    @Test
    void memoryWithoutEnd() {
        assertFails(
                body(
                        "extern void *malloc(unsigned long);",
                        "for (;;) { volatile char *p = malloc(1 << 20); for (int i = 0; i < 1 << 20; i += 4096) p[i] ="
                                + " 1; }"),
                Failure.MEMORY,
                "allowed are");
    }

    @Test
    void nothingWritten() {
        assertFails(body("", ""), Failure.WRONG, "element 0: NaN");
    }

    @Test
    void oneWrongElementThatIsNoSample() {
        // Row 100, column 50; added after the product is there.
        String change = "/* once */ static float *late; ";
        assertFails(
                text -> {
                    String symbol = symbol(text);
                    String whole = text.replace(symbol + "(", symbol + "_right(");
                    return whole + change + "int " + symbol + SIGNATURE + " { late = buffers[2]; int s = " + symbol
                            + "_right(buffers, params, scratch, begin, end);"
                            + " if (begin == 0) late[100 * 192 + 50] += 1; return s; }\n";
                },
                Failure.WRONG,
                "element " + (100 * 192 + 50));
    }

    @Test
    void aWriteBeforeItsBuffer() {
        assertFails(first("", "((float *)buffers[2])[-1] = 0;"), Failure.WRONG, "outside its buffers");
    }

    @Test
    void aWriteAfterItsBuffer() {
        assertFails(first("", "((float *)buffers[2])[192 * 192 + 40] = 0;"), Failure.WRONG, "outside its buffers");
    }

    @Test
    void aWriteToAnInput() {
        assertFails(first("", "((float *)buffers[0])[7] = 0;"), Failure.WRONG, "wrote to an input");
    }

    @Test
    void aFailedCheck() {
        assertFails(first("", "return 3;"), Failure.WRONG, "check 3 failed");
    }

    @Test
    void workThatIsDoneOnceOnly() {
        // The result stays right, and the time becomes too good to be true.
        assertFails(
                first("static long calls;", "if (calls++ >= 1) return 0;"), Failure.WRONG, "its time is impossible");
    }

    @Test
    void textThatIsNoC() {
        assertFails(text -> text + "int broken(\n", Failure.COMPILE, "expected");
    }

    @Test
    void aWorkerKilledBetweenCandidates() {
        long worker = measurer.workerPid().getFirst();
        ProcessHandle.of(worker).ifPresent(ProcessHandle::destroyForcibly);
        assertThat(measure(text -> text + "/* after a kill */\n")).isInstanceOf(Timed.class);
        assertThat(measurer.workerPid()).isNotEmpty().doesNotContain(worker);
    }

    @Test
    void aWorkerKilledWhileACandidateRunsIsNotTheCandidatesFault() {
        Optional<Long> before = measurer.workerPid().stream().findFirst();
        // Slow enough to be found running, fast enough to be right.
        Thread killer = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(150);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            before.flatMap(ProcessHandle::of).ifPresent(ProcessHandle::destroyForcibly);
        });
        Outcome outcome = measure(first("extern int usleep(unsigned);", "usleep(100000);"));
        assertThat(outcome).isInstanceOf(Timed.class);
        assertThat(killer.isAlive()).isFalse();
    }

    @Test
    void aCandidateThatKillsItsProcess() {
        assertFails(
                body("extern int kill(int, int); extern int getpid(void);", "kill(getpid(), 9);"),
                Failure.CRASH,
                "signal 9");
    }

    @Test
    void aProcessThatEnds() {
        assertFails(body("extern void _exit(int);", "_exit(3);"), Failure.CRASH, "status 3");
    }
}
