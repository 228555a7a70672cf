package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.tuner.cost.LearnedModel.Candidate;
import java.util.List;

/**
 * A choice as a network sees it: one row of numbers for each value that may be chosen. A row begins with the state, that is
 * the task, which choice this is, and what was chosen before it, and ends with the value.
 */
final class ChoiceEncoding {
    /** Choices are told apart by a hash of their names; with this many places the rules' names do not collide. */
    private static final int NAMES = 24;

    private static final int VALUE = 8;

    /** Numbers in a row. */
    static final int WIDTH = TaskShape.SIZE + 2 * NAMES + 2 + VALUE;

    private final double[] state = new double[WIDTH - VALUE];
    private int choices;

    ChoiceEncoding(List<Double> shape) {
        for (int i = 0; i < shape.size(); i++) {
            state[i] = shape.get(i);
        }
    }

    double[][] rows(ChoicePoint choice) {
        double[] now = state.clone();
        now[TaskShape.SIZE + place(choice)] = 1;
        now[TaskShape.SIZE + 2 * NAMES] = Math.log(choice.domain().size()) / 3;
        now[TaskShape.SIZE + 2 * NAMES + 1] = choices / 8.0;
        double[][] rows = new double[choice.domain().size()][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = java.util.Arrays.copyOf(now, WIDTH);
            value(choice, i, rows[i]);
        }
        return rows;
    }

    private static void value(ChoicePoint choice, int index, double[] row) {
        long value = choice.domain().get(index);
        double ratio = Math.log((1.0 + Math.abs(value)) / (1.0 + Math.abs(choice.preferred())));
        double position = position(choice, index);
        int at = WIDTH - VALUE;
        row[at] = Math.log(1.0 + Math.abs(value)) / 5;
        row[at + 1] = position;
        row[at + 2] = position * position;
        row[at + 3] = value == choice.preferred() ? 1 : 0;
        row[at + 4] = ratio / 3;
        row[at + 5] = Math.abs(ratio) / 3;
        row[at + 6] = index == 0 ? 1 : 0;
        row[at + 7] = index == choice.domain().size() - 1 ? 1 : 0;
    }

    /** What was chosen belongs to the state of the choices that follow. */
    void chosen(ChoicePoint choice, int index) {
        long value = choice.domain().get(index);
        state[TaskShape.SIZE + NAMES + place(choice)] =
                0.5 * position(choice, index) + Math.log(1.0 + Math.abs(value)) / 5;
        choices++;
    }

    private static double position(ChoicePoint choice, int index) {
        return (index + 0.5) / choice.domain().size();
    }

    private static int place(ChoicePoint choice) {
        return Math.floorMod(Candidate.withoutStage(choice.name()).hashCode() * 0x9E3779B1 >>> 8, NAMES);
    }
}
