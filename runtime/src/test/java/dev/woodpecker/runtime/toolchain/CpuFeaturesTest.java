package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuFeaturesTest {
    private static final String SSE2 = "fpu sse sse2";
    private static final String AVX2 = SSE2 + " ssse3 sse4_1 sse4_2 popcnt cx16 avx avx2 fma f16c bmi1 bmi2 movbe";
    private static final String AVX512 = AVX2 + " avx512f avx512bw avx512cd avx512dq avx512vl";

    private static CpuFeatures withFlags(String flags) {
        String cpuinfo = "processor\t: 0\nmodel name\t: Test 9000\nflags\t\t: " + flags
                + "\n\nprocessor\t: 1\nmodel name\t: Another\nflags\t\t: none\n";
        return CpuFeatures.parse(cpuinfo, new CpuCaches(1, 2, 3, 64), new CpuQuota(OptionalDouble.empty()), 4);
    }

    @Test
    void theLevelIsTheHighestWhoseFlagsAreAllThere() {
        assertThat(withFlags(SSE2).level()).isEqualTo(VectorLevel.BASELINE);
        assertThat(withFlags(AVX2).level()).isEqualTo(VectorLevel.AVX2);
        assertThat(withFlags(AVX512).level()).isEqualTo(VectorLevel.AVX512);
        // A hypervisor may hide fma and still show AVX-512: nothing above the gap counts.
        assertThat(withFlags(AVX512.replace(" fma", "")).level()).isEqualTo(VectorLevel.SSE4);
        assertThat(withFlags(AVX512.replace(" avx512vl", "")).level()).isEqualTo(VectorLevel.AVX2);
    }

    @Test
    void onlyTheFirstProcessorIsRead() {
        assertThat(withFlags(AVX2).model()).isEqualTo("Test 9000");
        assertThat(withFlags(AVX2).vectorBytes()).isEqualTo(32);
    }

    @Test
    void compilersAreToldOfExtensionsThatTheyKnow() {
        CpuFeatures cpu = withFlags(AVX512 + " avx512_vnni avx512_fp16");
        assertThat(cpu.compilerFlags(CompilerFamily.GCC, 12))
                .containsExactly("-march=x86-64-v4", "-mprefer-vector-width=512", "-mavx512vnni", "-mavx512fp16");
        assertThat(cpu.compilerFlags(CompilerFamily.GCC, 11)).doesNotContain("-mavx512fp16");
        assertThat(withFlags(SSE2).compilerFlags(CompilerFamily.CLANG, 20)).isEmpty();
    }

    @Test
    void anArchitectureNamesInstructionsBeyondItsLevel() {
        CpuFeatures cpu = withFlags(AVX512 + " avx512_vnni avx512_bf16 amx_tile");
        assertThat(cpu.architecture()).isEqualTo("x86-64-v4+avx512vnni+avx512bf16");
        assertThat(cpu.architectureForBytes()).isEqualTo("x86-64-v4+avx512vnni");
        assertThat(withFlags(AVX2).architectureForBytes()).isEqualTo("x86-64-v3");
        CpuFeatures named = cpu.as("x86-64-v4+avx512vnni").orElseThrow();
        assertThat(named.has("avx512_vnni")).isTrue();
        assertThat(named.has("avx512_bf16") || named.has("amx_tile")).isFalse();
        assertThat(named.architecture()).isEqualTo("x86-64-v4+avx512vnni");
        assertThat(cpu.as("x86-64-v4+sse9")).isEmpty();
        assertThat(cpu.as("x86-64-v4+")).isEmpty();
        // No processor has the one without the other.
        assertThat(cpu.as("x86-64-v3+avx512vnni")).isEmpty();
    }

    @Test
    void aMachineWithoutCpuinfoIsABaselineOne() {
        CpuFeatures cpu = CpuFeatures.parse("", new CpuCaches(0, 0, 0, 64), new CpuQuota(OptionalDouble.empty()), 1);
        assertThat(cpu.level()).isEqualTo(VectorLevel.BASELINE);
        assertThat(cpu.vectorBytes()).isEqualTo(16);
    }

    @Test
    void cacheSizesComeFromTheKernelsFilesWithoutTheInstructionCache(@TempDir Path cpus) throws IOException {
        cache(cpus, 0, "1", "Data", "48K");
        cache(cpus, 1, "1", "Instruction", "32K");
        cache(cpus, 2, "2", "Unified", "2048K");
        cache(cpus, 3, "3", "Unified", "36M");
        CpuCaches caches = CpuCaches.read(cpus);
        assertThat(caches).isEqualTo(new CpuCaches(48 << 10, 2 << 20, 36 << 20, 64));
        assertThat(caches.lastLevelBytes()).isEqualTo(36 << 20);
    }

    @Test
    void theHostHasAtLeastOneCore() {
        assertThat(CpuFeatures.ofHost().cores()).isPositive();
        assertThat(CpuFeatures.ofHost().summary()).contains("core");
    }

    private static void cache(Path cpus, int index, String level, String type, String size) throws IOException {
        Path directory = Files.createDirectories(cpus.resolve("cpu0/cache/index" + index));
        for (List<String> file : List.of(
                List.of("level", level),
                List.of("type", type),
                List.of("size", size),
                List.of("coherency_line_size", "64"))) {
            Files.writeString(directory.resolve(file.getFirst()), file.getLast() + "\n");
        }
    }
}
