package dev.woodpecker.compiler.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Distribution.Digit;
import dev.woodpecker.compiler.ir.Distribution.Source;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Simplifier;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The layouts that PTX ISA gives in "Matrix Fragments for mma.m16n8k16 with floating point type" and in "ldmatrix". */
class FragmentsTest {
    static List<Distribution> distributions() {
        return List.of(Fragments.M16K16_LEFT, Fragments.N8K16_RIGHT, Fragments.M16N8_ACCUMULATOR);
    }

    /** {@code row = groupID} for a0, a1, a4, a5, else {@code groupID + 8}; columns from a4 on are 8 further right. */
    @Test
    void theLeftOperandLiesAsTheIsaSays() {
        for (int lane = 0; lane < 32; lane++) {
            int groupId = lane >> 2;
            int threadIdInGroup = lane % 4;
            for (int i = 0; i < 8; i++) {
                boolean upper = i < 2 || (i >= 4 && i < 6);
                assertThat(Fragments.M16K16_LEFT.rowOf(lane, i)).isEqualTo(upper ? groupId : groupId + 8);
                assertThat(Fragments.M16K16_LEFT.columnOf(lane, i))
                        .isEqualTo(i < 4 ? threadIdInGroup * 2 + (i & 1) : threadIdInGroup * 2 + (i & 1) + 8);
            }
        }
    }

    /** {@code row = threadID_in_group * 2 + (i & 1)}, 8 further down from b2 on, {@code col = groupID}; here transposed. */
    @Test
    void theRightOperandLiesAsTheIsaSays() {
        for (int lane = 0; lane < 32; lane++) {
            int groupId = lane >> 2;
            int threadIdInGroup = lane % 4;
            for (int i = 0; i < 4; i++) {
                int row = i < 2 ? threadIdInGroup * 2 + (i & 1) : threadIdInGroup * 2 + (i & 1) + 8;
                assertThat(Fragments.N8K16_RIGHT.columnOf(lane, i)).isEqualTo(row);
                assertThat(Fragments.N8K16_RIGHT.rowOf(lane, i)).isEqualTo(groupId);
            }
        }
    }

    /** {@code row = groupID} for c0 and c1, {@code groupID + 8} for c2 and c3. */
    @Test
    void theAccumulatorLiesAsTheIsaSays() {
        for (int lane = 0; lane < 32; lane++) {
            int groupId = lane >> 2;
            int threadIdInGroup = lane % 4;
            for (int i = 0; i < 4; i++) {
                assertThat(Fragments.M16N8_ACCUMULATOR.rowOf(lane, i)).isEqualTo(i < 2 ? groupId : groupId + 8);
                assertThat(Fragments.M16N8_ACCUMULATOR.columnOf(lane, i)).isEqualTo(threadIdInGroup * 2 + (i & 1));
            }
        }
    }

    /**
     * Lane {@code i} gives {@code ldmatrix} the address of row {@code i % 8} of matrix {@code i / 8}, and gets in its
     * register {@code j} two neighbours of row {@code lane / 4} of matrix {@code j}. With the addresses that the prelude's
     * functions form, that is the distribution of the operand that {@code mma} takes.
     */
    @Test
    void loadsLeaveOperandsWhereTheProductTakesThem() {
        Address x4 = lane -> new int[] {lane % 16, lane / 16 * 8};
        Address x2 = lane -> new int[] {lane % 8, lane / 8 % 2 * 8};
        requireLoaded(Fragments.M16K16_LEFT, x4);
        requireLoaded(Fragments.N8K16_RIGHT, x2);
    }

    private interface Address {
        /** The row and column of the tile that a lane points to. */
        int[] of(int lane);
    }

    private static void requireLoaded(Distribution distribution, Address address) {
        for (int lane = 0; lane < 32; lane++) {
            for (int value = 0; value < distribution.values(); value++) {
                int matrix = value / 2;
                int[] start = address.of(matrix * 8 + lane / 4);
                assertThat(distribution.rowOf(lane, value)).isEqualTo(start[0]);
                assertThat(distribution.columnOf(lane, value)).isEqualTo(start[1] + lane % 4 * 2 + value % 2);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("distributions")
    void eachElementLiesInOnePlaceOfOneLane(Distribution d) {
        Set<Integer> positions = new HashSet<>();
        for (int lane = 0; lane < d.lanes(); lane++) {
            for (int value = 0; value < d.values(); value++) {
                assertThat(d.positionOf(lane, value)).isBetween(0, d.rows() * d.columns() - 1);
                assertThat(positions.add(d.positionOf(lane, value))).isTrue();
            }
        }
        assertThat(positions).hasSize(d.rows() * d.columns());
    }

    @ParameterizedTest
    @MethodSource("distributions")
    void indexExpressionsAreTheTable(Distribution d) {
        for (int lane = 0; lane < d.lanes(); lane++) {
            for (int value = 0; value < d.values(); value++) {
                Expr row = d.rowOf(Expr.index(lane), Expr.index(value));
                Expr column = d.columnOf(Expr.index(lane), Expr.index(value));
                assertThat(Simplifier.simplify(row, Bounds.none())).isEqualTo(Expr.index(d.rowOf(lane, value)));
                assertThat(Simplifier.simplify(column, Bounds.none())).isEqualTo(Expr.index(d.columnOf(lane, value)));
            }
        }
    }

    @Test
    void whatIsNoBijectionIsRefused() {
        Digit row = new Digit(Source.LANE, 4, 0, 1);
        Digit column = new Digit(Source.LANE, 1, 4, 1);
        assertThatThrownBy(() -> new Distribution("twice", 8, 4, 32, 2, List.of(row), List.of(column)))
                .hasMessageContaining("distribution twice: value 1 of lane 0 lies at [0, 0]");
        assertThatThrownBy(() -> new Distribution("holes", 8, 8, 32, 1, List.of(row), List.of(column)))
                .hasMessageContaining("covers 32 of 64 elements");
    }
}
