package dev.woodpecker.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.device.cpu.CpuKernel.Completion;
import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CpuKernelTest {
    private static final String EVERY_COMPILER = "dev.woodpecker.runtime.toolchain.TestCompilers#present";

    /** Doubles into the workspace, then sums each element with its right neighbour: wrong without a barrier between. */
    private static final String TWO_PHASES = """
        typedef int int32_t;
        typedef long int64_t;
        int32_t doubled(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
            const float *x = buffers[0];
            float *workspace = buffers[2];
            float *local = scratch;
            for (int64_t i = begin; i < end; i++) {
                local[i % 16] = 2.0f * x[i];
                workspace[i] = local[i % 16];
            }
            return 0;
        }
        int32_t summed(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
            float *y = buffers[1];
            const float *workspace = buffers[2];
            int64_t n = params[0];
            for (int64_t i = begin; i < end; i++) {
                if (workspace[i] < 0.0f) {
                    return 3;
                }
                y[i] = workspace[i] + workspace[(i + 1) % n];
            }
            return 0;
        }
        """;

    private static final int N = 10_007;

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void phasesRunOneAfterTheOtherOnPoolsOfAnySize(CCompiler compiler) {
        try (Arena arena = Arena.ofShared()) {
            CpuKernel kernel = twoPhases(compiler, arena);
            BufferTable buffers = buffers(arena);
            MemorySegment params = params(arena);
            for (int size : new int[] {1, 2, 4}) {
                try (WorkerPool pool = new WorkerPool(size)) {
                    for (int repeat = 0; repeat < 20; repeat++) {
                        MemorySegment y = NativeMemory.allocate(arena, 4L * N, "y");
                        buffers.set(1, y);
                        assertThat(kernel.run(pool, buffers, params)).isEqualTo(new Completion.Done());
                        for (int i = 0; i < N; i++) {
                            assertThat(y.getAtIndex(ValueLayout.JAVA_FLOAT, i)).isEqualTo(2f * i + 2f * ((i + 1) % N));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void aFailedCheckNamesItsPhase(CCompiler compiler) {
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(3)) {
            CpuKernel kernel = twoPhases(compiler, arena);
            BufferTable buffers = buffers(arena);
            MemorySegment x = NativeMemory.allocate(arena, 4L * N, "x");
            x.setAtIndex(ValueLayout.JAVA_FLOAT, N / 2, -1);
            buffers.set(0, x);
            assertThat(kernel.run(pool, buffers, params(arena))).isEqualTo(new Completion.FailedCheck(1, 3));
        }
    }

    @Test
    void aTableTakesOnlyAlignedNativeMemoryAndNoticesWhenItIsFreed() {
        try (Arena arena = Arena.ofConfined()) {
            BufferTable table = new BufferTable(arena, 1);
            assertThatThrownBy(() -> table.set(0, MemorySegment.ofArray(new float[4])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("buffer 0 must be native memory aligned to 64 bytes");
            MemorySegment aligned = NativeMemory.allocate(arena, 128, "x");
            assertThatThrownBy(() -> table.set(0, aligned.asSlice(4))).isInstanceOf(IllegalArgumentException.class);
            try (Arena shortLived = Arena.ofConfined()) {
                table.set(0, NativeMemory.allocate(shortLived, 128, "x"));
            }
            assertThatThrownBy(table::pointers)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("buffer 0 was freed");
        }
    }

    @Test
    void aLibraryThatCannotBeLoadedGivesTheLoadersReason() throws IOException {
        Path text = Files.writeString(home.resolve("text.so"), "this is no library, whatever its name says");
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> NativeLibrary.open(text, arena))
                    .isInstanceOf(NativeLibraryException.class)
                    .hasMessageContaining("cannot load " + text)
                    .hasMessageMatching("(?s).*(invalid ELF header|file too short).*");
            assertThatThrownBy(() -> NativeLibrary.open(home.resolve("absent.so"), arena))
                    .isInstanceOf(NativeLibraryException.class)
                    .hasMessageContaining("No such file");
        }
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void aMissingFunctionIsAnError(CCompiler compiler) {
        try (Arena arena = Arena.ofConfined()) {
            NativeLibrary library = NativeLibrary.open(
                    compile(compiler, TWO_PHASES, List.of("doubled", "summed")).file(), arena);
            assertThatThrownBy(() -> library.kernel("doubled"))
                    .isInstanceOf(NativeLibraryException.class)
                    .hasMessageContaining("exports no function 'doubled'");
        }
    }

    private CpuKernel twoPhases(CCompiler compiler, Arena arena) {
        SharedLibrary compiled = compile(compiler, TWO_PHASES, List.of("doubled", "summed"));
        NativeLibrary library = NativeLibrary.open(compiled.file(), arena);
        return new CpuKernel(List.of(
                new NativePhase(library.kernel(compiled.exported("doubled")), N, 64),
                new NativePhase(library.kernel(compiled.exported("summed")), N, 0)));
    }

    private SharedLibrary compile(CCompiler compiler, String text, List<String> symbols) {
        return new KernelCompiler(compiler, CpuFeatures.ofHost(), CacheDirectory.open(home))
                .compile(new Source("test", text, symbols, CodeOptions.fast()));
    }

    private static BufferTable buffers(Arena arena) {
        BufferTable buffers = new BufferTable(arena, 3);
        MemorySegment x = NativeMemory.allocate(arena, 4L * N, "x");
        for (int i = 0; i < N; i++) {
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
        }
        buffers.set(0, x);
        buffers.set(1, NativeMemory.allocate(arena, 4L * N, "y"));
        buffers.set(2, NativeMemory.allocate(arena, 4L * N, "workspace"));
        return buffers;
    }

    private static MemorySegment params(Arena arena) {
        MemorySegment params = arena.allocate(ValueLayout.JAVA_LONG);
        params.set(ValueLayout.JAVA_LONG, 0, N);
        return params;
    }
}
