package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.interp.MathReference;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.runtime.vendor.PostOperation.Activation;
import dev.woodpecker.runtime.vendor.PostOperation.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Recognises a function by its values, however it is written. */
final class KnownFunctions {
    /** On both sides of every bend that a function here has, and where it levels out. */
    private static final double[] POINTS = {
        -90, -30, -9, -6.5, -5.9, -4, -3.1, -2.9, -2, -1.2, -1, -0.7, -0.4, -0.1, -1e-3, 0, 1e-3, 0.1, 0.3, 0.6, 0.9, 1,
        1.7, 2.4, 2.9, 3.1, 4, 5.5, 5.9, 6.1, 8, 12, 30, 90
    };

    private static final double FAR = 1e6;
    private static final double TOLERANCE = 2e-6;

    private KnownFunctions() {}

    /** What {@code e} is as a function of {@code variable}, if that is known. */
    static Optional<Activation> recognise(Expr e, Expr variable) {
        double[] values = new double[POINTS.length];
        for (int i = 0; i < POINTS.length; i++) {
            OptionalDouble value = Evaluation.function(e, variable, POINTS[i]);
            if (value.isEmpty() || !Double.isFinite(value.getAsDouble())) {
                return Optional.empty();
            }
            values[i] = value.getAsDouble();
        }
        return candidates(e, variable).stream().filter(a -> fits(a, values)).findFirst();
    }

    private static boolean fits(Activation activation, double[] values) {
        for (int i = 0; i < POINTS.length; i++) {
            double expected = value(activation, POINTS[i]);
            if (!(Math.abs(values[i] - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))) {
                return false;
            }
        }
        return true;
    }

    /** Every function, with what its parameters would be if it were that. */
    private static List<Activation> candidates(Expr e, Expr variable) {
        double low = at(e, variable, -FAR);
        double high = at(e, variable, FAR);
        double zero = at(e, variable, 0);
        double slope = at(e, variable, 1) - zero;
        double tenth = (at(e, variable, 0.1) - zero) / 0.1;
        List<Activation> candidates = new ArrayList<>();
        add(candidates, Function.LINEAR, slope, zero);
        add(candidates, Function.RELU, low / -FAR, 0);
        add(candidates, Function.CLIP, low, high);
        add(candidates, Function.CLIP, low, Float.MAX_VALUE);
        add(candidates, Function.CLIP, -Float.MAX_VALUE, high);
        add(candidates, Function.LOGISTIC, 0, 0);
        add(candidates, Function.TANH, 0, 0);
        add(candidates, Function.HARD_SIGMOID, tenth, zero);
        // x * (alpha * x + beta), from its values at 1 and -1
        double even = (at(e, variable, 1) + at(e, variable, -1)) / 2;
        double odd = (at(e, variable, 1) - at(e, variable, -1)) / 2;
        add(candidates, Function.HARD_SWISH, even, odd);
        // 1 / (1 + exp(-alpha)) at 1
        double one = at(e, variable, 1);
        add(candidates, Function.SWISH, Math.log(one / (1 - one)), 0);
        add(candidates, Function.ELU, -low, 0);
        add(candidates, Function.GELU, 0, 0);
        add(candidates, Function.GELU_TANH, 0, 0);
        return candidates;
    }

    private static void add(List<Activation> candidates, Function function, double alpha, double beta) {
        if (Double.isFinite(alpha) && Double.isFinite(beta)) {
            candidates.add(new Activation(function, (float) alpha, (float) beta));
        }
    }

    private static double at(Expr e, Expr variable, double x) {
        return Evaluation.function(e, variable, x).orElse(Double.NaN);
    }

    /** As {@link Function} says. */
    private static double value(Activation activation, double x) {
        double alpha = activation.alpha();
        double beta = activation.beta();
        double line = Math.min(Math.max(alpha * x + beta, 0), 1);
        return switch (activation.function()) {
            case RELU -> x < 0 ? alpha * x : x;
            case CLIP -> Math.min(Math.max(x, alpha), beta);
            case LOGISTIC -> 1 / (1 + Math.exp(-x));
            case TANH -> Math.tanh(x);
            case HARD_SIGMOID -> line;
            case HARD_SWISH -> x * line;
            case SWISH -> x / (1 + Math.exp(-alpha * x));
            case ELU -> x < 0 ? alpha * Math.expm1(x) : x;
            case GELU -> x / 2 * (1 + MathReference.call(MathFunction.ERF, x / Math.sqrt(2), 0, DType.F64));
            case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case LINEAR -> alpha * x + beta;
        };
    }
}
