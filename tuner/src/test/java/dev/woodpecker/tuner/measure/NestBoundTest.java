package dev.woodpecker.tuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class NestBoundTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v4");

    private static NestBound bound(TensorProgram program) {
        Trace trace = DefaultSchedule.of(program, TARGET, Numerics.FP32, Map.of());
        return NestBound.of(Lowering.lower(program, trace, TARGET, Numerics.FP32));
    }

    @Test
    void countsMultiplyAddsOfAProduct() {
        NestBound bound = bound(TestTasks.matrixProduct(48, 64, 32));
        assertThat(bound.flops()).isCloseTo(2.0 * 48 * 64 * 32, Percentage.withPercentage(3));
    }

    @Test
    void countsEachInputOnce() {
        NestBound bound = bound(TestTasks.matrixProduct(48, 64, 32));
        assertThat(bound.bytesRead().get("b")).isBetween(0.5 * 4 * 64 * 32, 4.0 * 64 * 32);
    }

    @Test
    void countsWhatTheAlgorithmDoesAndNotWhatTheDefinitionSays() {
        NestBound direct = bound(TestTasks.convolution("direct", 32, 32, 28, 1));
        NestBound winograd = bound(TestTasks.convolution("winograd4", 32, 32, 28, 1));
        // Least of all: 36 products for 16 outputs of 9 products each.
        assertThat(winograd.flops()).isLessThan(0.7 * direct.flops()).isGreaterThan(0.2 * direct.flops());
    }
}
