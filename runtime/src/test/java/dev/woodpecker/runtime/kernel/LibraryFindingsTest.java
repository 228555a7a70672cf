package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.Verifier;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What the verifier does not prove of the library's default schedules, none of which has a fault: a kernel that is not
 * listed has no finding, and one that is listed has as many.
 */
@Execution(ExecutionMode.CONCURRENT)
class LibraryFindingsTest {
    /**
     * By kernel. A number that a stage computed of indices (the scatters), quotients and remainders of several divisors
     * (transposed, minimal filtering, convolutions), a batch's number that is checked outside of what reads it (regions).
     */
    private static final Map<String, Integer> NOT_PROVED = Map.ofEntries(
            Map.entry("Convolution.conv2d", 1),
            Map.entry("Gathering.scatterElements", 1),
            Map.entry("Gathering.scatterElementsReducing", 2),
            Map.entry("Movement.transpose", 1),
            Map.entry("RegionSampling.greatestOfRegions", 2),
            Map.entry("RegionSampling.meanOfRegions", 2),
            Map.entry("Winograd.tilesOf2", 1),
            Map.entry("Winograd.tilesOf4", 2));

    private static final Target TARGET = Target.parse("cuda:sm_80");

    @Test
    void whatIsNotProvedIsKnown() {
        Map<String, Integer> found = KernelTable.cases().entrySet().parallelStream()
                .flatMap(e -> casesOf(e.getKey(), e.getValue()).map(c -> Map.entry(e.getKey(), findings(c))))
                .filter(e -> e.getValue() > 0)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Integer::sum, TreeMap::new));
        assertThat(found).isEqualTo(NOT_PROVED);
    }

    /** All of a kernel that is listed; of others one, whose turn goes with the kernel's name. */
    private static Stream<KernelCase> casesOf(String kernel, List<KernelCase> cases) {
        return NOT_PROVED.containsKey(kernel)
                ? cases.stream()
                : Stream.of(cases.get(Math.floorMod(kernel.hashCode(), cases.size())));
    }

    private static int findings(KernelCase c) {
        TensorProgram program = c.program();
        LoweredKernel kernel = Lowering.lower(
                program, DefaultSchedule.of(program, TARGET, Numerics.FP32, Map.of()), TARGET, Numerics.FP32);
        return Verifier.verify(kernel).size();
    }
}
