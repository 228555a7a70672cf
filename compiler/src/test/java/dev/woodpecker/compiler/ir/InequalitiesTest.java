package dev.woodpecker.compiler.ir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InequalitiesTest {
    private static final int VARIABLES = 3;
    private static final int LIMIT = 4;

    /** {@code coefficients[0] * x0 + ... + coefficients[n] >= 0}. */
    private static Inequalities of(List<int[]> rows) {
        Inequalities inequalities = new Inequalities();
        for (int[] row : rows) {
            Map<Integer, Long> coefficients = new HashMap<>();
            for (int i = 0; i < row.length - 1; i++) {
                coefficients.put(i, (long) row[i]);
            }
            inequalities.add(coefficients, row[row.length - 1]);
        }
        return inequalities;
    }

    @Test
    void wholeNumbersReachLessThanFractions() {
        // 81 q <= e <= 1295 and q >= 16, where fractions would reach 15.98
        assertThat(of(List.of(new int[] {-81, 1, 0}, new int[] {0, -1, 1295}, new int[] {1, 0, -16}))
                        .areContradictory())
                .isTrue();
        assertThat(of(List.of(new int[] {-81, 1, 0}, new int[] {0, -1, 1296}, new int[] {1, 0, -16}))
                        .areContradictory())
                .isFalse();
    }

    @Test
    void whatHasASolutionIsNoContradiction() {
        Random random = new Random(17);
        int contradictions = 0;
        for (int round = 0; round < 500; round++) {
            List<int[]> rows = new ArrayList<>();
            for (int variable = 0; variable < VARIABLES; variable++) {
                rows.add(limit(variable, 1));
                rows.add(limit(variable, -1));
            }
            for (int i = 0; i < 4; i++) {
                rows.add(random.ints(VARIABLES + 1, -5, 6).toArray());
            }
            boolean contradictory = of(rows).areContradictory();
            contradictions += contradictory ? 1 : 0;
            assertThat(contradictory && hasSolution(rows)).as("round %d", round).isFalse();
        }
        assertThat(contradictions).isGreaterThan(50);
    }

    private static int[] limit(int variable, int sign) {
        int[] row = new int[VARIABLES + 1];
        row[variable] = sign;
        row[VARIABLES] = LIMIT;
        return row;
    }

    private static boolean hasSolution(List<int[]> rows) {
        for (int a = -LIMIT; a <= LIMIT; a++) {
            for (int b = -LIMIT; b <= LIMIT; b++) {
                for (int c = -LIMIT; c <= LIMIT; c++) {
                    int[] point = {a, b, c, 1};
                    if (rows.stream().allMatch(row -> value(row, point) >= 0)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static int value(int[] row, int[] point) {
        int sum = 0;
        for (int i = 0; i < row.length; i++) {
            sum += row[i] * point[i];
        }
        return sum;
    }
}
