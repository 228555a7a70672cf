package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * What a program's outputs are by definition, at some elements: the corners first, then seeded ones that prefer the ends of
 * axes, where tails and borders are. 256 of each output, or fewer, but never less than {@value #LEAST_SAMPLES}, when {@value
 * #MOST_POINTS} points of reductions were computed for it.
 *
 * @param inputs what the inputs hold
 */
record SampledReference(InputRange inputs, List<Job.Expectation> outputs) {
    private static final int SAMPLES = 256;
    private static final int LEAST_SAMPLES = 4;
    private static final long MOST_POINTS = 1_500_000;
    private static final long SEED = 20_080_456;
    /** How far from its end an element of a tail may be: a vector and one. */
    private static final int TAIL = 17;

    SampledReference {
        outputs = List.copyOf(outputs);
    }

    /** Of {@code program}, for the first range of inputs that it is defined for. */
    static SampledReference of(TensorProgram program, Numerics numerics) {
        Definition.Undefined last = new Definition.Undefined("no inputs were tried");
        for (InputRange range : InputRange.CANDIDATES) {
            try {
                return of(program, numerics, range);
            } catch (Definition.Undefined e) {
                last = e;
            }
        }
        throw last;
    }

    private static SampledReference of(TensorProgram program, Numerics numerics, InputRange range) {
        Definition definition = new Definition(program, numerics, range);
        List<Job.Expectation> expectations = new ArrayList<>();
        for (String output : program.outputs()) {
            expectations.add(expectation(definition, output, numerics));
        }
        return new SampledReference(range, expectations);
    }

    private static Job.Expectation expectation(Definition definition, String output, Numerics numerics) {
        // Exactly the same is asked for in strict numerics only: elsewhere zeros may have either sign.
        double least = numerics.mayReassociate() ? Double.MIN_VALUE : 0;
        boolean isFloat = definition.tensor(output).type().isFloat();
        long limit = definition.points() + MOST_POINTS;
        List<Long> positions = new ArrayList<>();
        List<Long> bits = new ArrayList<>();
        List<Double> tolerances = new ArrayList<>();
        double greatest = 0;
        double tolerance = 0;
        int undecided = 0;
        for (long position : positions(definition.extents(output))) {
            if (definition.points() > limit && positions.size() >= LEAST_SAMPLES) {
                break;
            }
            Definition.Element element = definition.element(output, position);
            positions.add(position);
            bits.add(element.bits());
            tolerances.add(isFloat ? Math.max(least, element.error()) : element.error());
            double magnitude = isFloat ? Math.abs(Double.longBitsToDouble(element.bits())) : 0;
            if (Double.isFinite(magnitude)) {
                greatest = Math.max(greatest, magnitude);
            }
            if (Double.isInfinite(element.error())) {
                undecided++;
            } else {
                tolerance = Math.max(tolerance, element.error());
            }
        }
        double share = positions.isEmpty() ? 0 : (double) undecided / positions.size();
        // Each of two right results may be off by as much.
        return new Job.Expectation(
                positions, bits, tolerances, greatest, isFloat ? Math.max(least, 2 * tolerance) : 0, share);
    }

    private static Set<Long> positions(long[] extents) {
        Set<Long> positions = new LinkedHashSet<>();
        long elements = 1;
        for (long extent : extents) {
            elements *= extent;
        }
        if (elements == 0) {
            return positions;
        }
        for (int corner = 0; corner < 1 << Math.min(extents.length, 6); corner++) {
            long position = 0;
            for (int axis = 0; axis < extents.length; axis++) {
                position = position * extents[axis] + ((corner >> axis & 1) == 0 ? 0 : extents[axis] - 1);
            }
            positions.add(position);
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        for (int tries = 0; tries < 4 * SAMPLES && positions.size() < Math.min(SAMPLES, elements); tries++) {
            long position = 0;
            for (long extent : extents) {
                boolean inTail = random.nextInt(4) == 0;
                long index = inTail ? extent - 1 - random.nextLong(Math.min(TAIL, extent)) : random.nextLong(extent);
                position = position * extent + index;
            }
            positions.add(position);
        }
        return positions;
    }
}
