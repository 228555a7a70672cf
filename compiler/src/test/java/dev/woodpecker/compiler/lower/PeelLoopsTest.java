package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Programs;
import dev.woodpecker.compiler.schedule.Reorder;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeelLoopsTest {
    private static String text(TensorProgram program, Step... steps) {
        Trace trace = Trace.of("test", List.of(steps));
        return CPrinter.print(Lowering.lower(program, trace, Target.parse("cpu:x86-64-v4"), Numerics.FP32), Dialect.C);
    }

    @Test
    void aShiftedTailIsAWholeVectorThatEndsWithTheRow() {
        assertThat(text(Programs.increment(8, 27), new Split("j", Factor.of(16), Tail.SHIFT), new Vectorize("j.i")))
                .contains("i * 27 + 11, load_f32x16(x + i * 27 + 11)")
                .doesNotContain("if (");
    }

    @Test
    void aPeeledTailIsNoVector() {
        assertThat(text(Programs.increment(8, 27), new Split("j", Factor.of(16), Tail.PEEL), new Vectorize("j.i")))
                .contains("y[i * 27 + 26] = ");
    }

    @Test
    void aReductionAroundAShiftedLoopWouldCountPointsTwice() {
        assertThatThrownBy(() -> text(
                        Programs.matmul(8, 27, 4),
                        new Split("j", Factor.of(16), Tail.SHIFT),
                        new Reorder(List.of("i", "k", "j.o", "j.i"))))
                .isInstanceOf(LoweringException.class)
                .hasMessageContaining("only a part of a reduction");
    }

    @Test
    void whatIsMadeForOtherElementsCannotStandInAShiftedLoop() {
        assertThatThrownBy(() -> text(
                        Programs.square(27),
                        new Split("i", Factor.of(16), Tail.SHIFT),
                        new ComputeAt("t", "i.o", Scope.SHARED)))
                .isInstanceOf(LoweringException.class)
                .hasMessageContaining("the stages [t, y]");
    }
}
