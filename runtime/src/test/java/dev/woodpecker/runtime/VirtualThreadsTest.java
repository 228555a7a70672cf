package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Callers in virtual threads, and what Java's Flight Recorder sees of runs. */
@Timeout(120)
class VirtualThreadsTest {
    @TempDir
    Path directory = Path.of("");

    private Model negation() {
        Path file = directory.resolve("negation.onnx");
        new OnnxModelBuilder("negation", 17)
                .input("x", TensorType.of(DType.F32, 4))
                .node("Neg", List.of("x"), "y", Map.of())
                .output("y")
                .write(file);
        return Model.load(file, Options.defaults());
    }

    private static <T> T inVirtualThread(Callable<T> task) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            return threads.submit(task).get();
        }
    }

    private List<RecordedEvent> events(Recording recording) throws IOException {
        Path file = directory.resolve("recording.jfr");
        recording.stop();
        recording.dump(file);
        return RecordingFile.readAllEvents(file);
    }

    private static long thread(RecordedEvent event) {
        return Objects.requireNonNull(event.getThread()).getJavaThreadId();
    }

    @Test
    void kernelsNeverRunInAVirtualThread() throws Exception {
        try (Model model = negation();
                Session session = model.newSession();
                Recording recording = new Recording()) {
            session.startProfile();
            recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ZERO);
            recording.enable("dev.woodpecker.Kernel");
            recording.start();
            List<Long> callers = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                float value = i;
                NdArray y = inVirtualThread(() -> {
                    callers.add(Thread.currentThread().threadId());
                    NdArray x = NdArray.of(new float[] {value, 1, 2, 3}, 4);
                    return Objects.requireNonNull(session.run(Map.of("x", x)).get("y"));
                });
                assertThat(y).isEqualTo(NdArray.of(new float[] {-value, -1, -2, -3}, 4));
            }
            List<RecordedEvent> events = events(recording);
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
                    .isEmpty();
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("dev.woodpecker.Kernel"))
                    .hasSize(10)
                    .allSatisfy(event -> assertThat(callers).doesNotContain(thread(event)));
            assertThat(session.profile().timeline())
                    .hasSize(20)
                    .allSatisfy(event -> assertThat(callers).doesNotContain(event.thread()));
        }
    }

    /** A comparison that C's {@code qsort} asks for, of a thread that must wait in it. */
    static int comparedAfterWaiting(MemorySegment a, MemorySegment b) {
        LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        return Byte.compare(
                a.reinterpret(1).get(ValueLayout.JAVA_BYTE, 0), b.reinterpret(1).get(ValueLayout.JAVA_BYTE, 0));
    }

    /** What a run must not do, and that Java tells of it. */
    @Test
    void waitingInANativeCallPinsAndIsSeen() throws Exception {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor compare =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
        MethodHandle sort = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("qsort"),
                FunctionDescriptor.ofVoid(
                        ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        MethodHandle compared = MethodHandles.lookup()
                .findStatic(
                        VirtualThreadsTest.class,
                        "comparedAfterWaiting",
                        MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class));
        try (Arena arena = Arena.ofShared();
                Recording recording = new Recording()) {
            MemorySegment callback = linker.upcallStub(compared, compare, arena);
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 2, (byte) 1);
            recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ZERO);
            recording.start();
            boolean sorted = inVirtualThread(() -> {
                try {
                    sort.invokeExact(bytes, 2L, 1L, callback);
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
                return bytes.get(ValueLayout.JAVA_BYTE, 0) == 1;
            });
            assertThat(sorted).isTrue();
            assertThat(events(recording))
                    .extracting(event -> event.getEventType().getName())
                    .contains("jdk.VirtualThreadPinned");
        }
    }

    @Test
    void memoryOfTheVirtualThreadIsReadAndWrittenInPlace() throws Exception {
        try (Model model = negation();
                Session session = model.newSession()) {
            boolean right = inVirtualThread(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    NdArray x = NdArray.wrap(arena.allocate(16, 64), DType.F32, 4);
                    NdArray y = NdArray.wrap(arena.allocate(16, 64), DType.F32, 4);
                    x.set(2, 5.0);
                    NdArray result = Objects.requireNonNull(
                            session.run(Map.of("x", x), Map.of("y", y)).get("y"));
                    return result == y && y.getDouble(2) == -5;
                }
            });
            assertThat(right).isTrue();
        }
    }

    @Test
    void whatGoesWrongReachesTheVirtualThread() {
        try (Model model = negation();
                Session session = model.newSession()) {
            assertThatThrownBy(() -> inVirtualThread(() -> session.run(Map.of())))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InvalidInputException.class);
        }
    }

    @Test
    void manyVirtualThreadsRunAtTheSameTime() throws Exception {
        try (Model model = negation();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                float value = i;
                results.add(threads.submit(() -> {
                    try (Session session = model.newSession()) {
                        NdArray x = NdArray.of(new float[] {value, 0, 0, 0}, 4);
                        return Objects.requireNonNull(
                                                session.run(Map.of("x", x)).get("y"))
                                        .getDouble(0)
                                == -value;
                    }
                }));
            }
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        }
    }

    @Test
    void runsAndKernelsAreEventsOfTheFlightRecorderOnceAskedFor() throws Exception {
        try (Model model = negation();
                Session session = model.newSession();
                Recording silent = new Recording();
                Recording asked = new Recording()) {
            Map<String, NdArray> inputs = Map.of("x", NdArray.of(new float[4], 4));
            silent.start();
            session.run(inputs);
            assertThat(events(silent))
                    .extracting(event -> event.getEventType().getName())
                    .doesNotContain("dev.woodpecker.Run", "dev.woodpecker.Kernel");
            asked.enable("dev.woodpecker.Run");
            asked.enable("dev.woodpecker.Kernel");
            asked.start();
            session.run(inputs);
            session.run(inputs);
            List<RecordedEvent> events = events(asked);
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("dev.woodpecker.Run"))
                    .hasSize(2)
                    .allSatisfy(event -> assertThat(event.getString("model")).endsWith("negation.onnx"));
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("dev.woodpecker.Kernel"))
                    .hasSize(2)
                    .allSatisfy(event -> {
                        assertThat(event.getString("operator")).isEqualTo("Neg");
                        assertThat(event.getString("name")).isEqualTo("y");
                        assertThat(event.getString("shapes")).isEqualTo("f32[4]");
                        assertThat(event.getLong("flops")).isEqualTo(4);
                    });
        }
    }
}
