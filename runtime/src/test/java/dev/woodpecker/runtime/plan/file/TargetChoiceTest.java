package dev.woodpecker.runtime.plan.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.PlanFileException;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.VectorLevel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetChoiceTest {
    private static List<PlanContent.ForTarget> targets(VectorLevel... levels) {
        return Stream.of(levels)
                .map(level -> new PlanContent.ForTarget(
                        "cpu:" + level.architecture(), level.flags(), Optional.empty(), List.of()))
                .toList();
    }

    private static CpuFeatures processor(VectorLevel level) {
        return CpuFeatures.ofHost().atLevel(level);
    }

    @ParameterizedTest
    @CsvSource({"SSE4, cpu:x86-64-v2", "AVX2, cpu:x86-64-v3", "AVX512, cpu:x86-64-v3"})
    void theWidestVectorsThatTheProcessorHasAreTaken(VectorLevel processor, String wanted) {
        assertThat(TargetChoice.of("m.wpk", targets(VectorLevel.AVX2, VectorLevel.SSE4), processor(processor))
                        .name())
                .isEqualTo(wanted);
    }

    @ParameterizedTest
    @CsvSource({
        "x86-64-v4+avx512vnni, cpu:x86-64-v4+avx512vnni",
        "x86-64-v4+avx512bf16, cpu:x86-64-v4",
        "x86-64-v3+avxvnni, cpu:x86-64-v3"
    })
    void moreInstructionsAreTakenWhereTheProcessorHasThem(String processor, String wanted) {
        List<PlanContent.ForTarget> targets = Stream.of("x86-64-v3", "x86-64-v4+avx512vnni", "x86-64-v4")
                .map(name -> new PlanContent.ForTarget(
                        "cpu:" + name,
                        CpuFeatures.ofHost().as(name).orElseThrow().flags(),
                        Optional.empty(),
                        List.of()))
                .toList();
        CpuFeatures cpu = CpuFeatures.ofHost().as(processor).orElseThrow();
        assertThat(TargetChoice.of("m.wpk", targets, cpu).name()).isEqualTo(wanted);
    }

    @Test
    void aProcessorThatCanRunNoneIsToldWhatThereIsAndWhatItLacks() {
        assertThatThrownBy(() -> TargetChoice.of(
                        "m.wpk", targets(VectorLevel.AVX512, VectorLevel.AVX2), processor(VectorLevel.SSE4)))
                .isInstanceOfSatisfying(
                        PlanFileException.class,
                        e -> assertThat(e.reason()).isEqualTo(PlanFileException.Reason.OTHER_PROCESSOR))
                .hasMessageContainingAll(
                        "m.wpk", "cpu:x86-64-v4 (which needs avx, avx2, avx512bw", "and cpu:x86-64-v3", "--target")
                .hasMessageContaining("this processor is cpu:x86-64-v2");
    }

    @Test
    void aPlanForAnotherArchitectureIsNotTakenForHavingNoFlags() {
        List<PlanContent.ForTarget> arm =
                List.of(new PlanContent.ForTarget("cpu:aarch64", java.util.Set.of(), Optional.empty(), List.of()));
        assertThatThrownBy(() -> TargetChoice.of("m.wpk", arm, processor(VectorLevel.AVX2)))
                .isInstanceOf(PlanFileException.class)
                .hasMessageContaining("it has kernels for cpu:aarch64;");
    }

    private static List<PlanContent.ForTarget> gpus(String... names) {
        return Stream.of(names)
                .map(name -> new PlanContent.ForTarget(name, Set.of(), Optional.empty(), List.of()))
                .toList();
    }

    /** The emulated device is of compute capability 8.0. */
    @Test
    void aGpuTakesTheNewestCodeOfItsGeneration() {
        DeviceFacts device = EmulatedDriver.facts(1 << 20);
        assertThat(TargetChoice.of("m.wpk", gpus("cuda:sm_75", "cpu:x86-64-v3", "cuda:sm_80", "cuda:sm_90a"), device)
                        .name())
                .isEqualTo("cuda:sm_80");
        assertThatThrownBy(() -> TargetChoice.of("m.wpk", gpus("cuda:sm_75", "cuda:sm_90a"), device))
                .isInstanceOf(PlanFileException.class)
                .hasMessageContaining("it has kernels for cuda:sm_75 and cuda:sm_90a; this device is");
    }
}
