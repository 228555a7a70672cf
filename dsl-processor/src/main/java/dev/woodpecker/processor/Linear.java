package dev.woodpecker.processor;

import java.util.Map;
import java.util.TreeMap;

/**
 * A sum of integer multiples of symbols and a constant. Symbols are axes of the kernel, and expressions taken as they are.
 */
record Linear(long constant, Map<String, Long> terms) {
    Linear {
        terms = Map.copyOf(terms);
    }

    static Linear of(long constant) {
        return new Linear(constant, Map.of());
    }

    static Linear symbol(String name) {
        return new Linear(0, Map.of(name, 1L));
    }

    Linear plus(Linear other) {
        Map<String, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((symbol, factor) -> sum.merge(symbol, factor, Long::sum));
        sum.values().removeIf(factor -> factor == 0);
        return new Linear(constant + other.constant, sum);
    }

    Linear times(long factor) {
        Map<String, Long> product = new TreeMap<>();
        if (factor != 0) {
            terms.forEach((symbol, own) -> product.put(symbol, own * factor));
        }
        return new Linear(constant * factor, product);
    }

    Linear minus(Linear other) {
        return plus(other.times(-1));
    }

    boolean isConstant() {
        return terms.isEmpty();
    }

    /** This with {@code value} in place of a symbol. */
    Linear with(String symbol, Linear value) {
        Long factor = terms.get(symbol);
        return factor == null ? this : minus(symbol(symbol).times(factor)).plus(value.times(factor));
    }
}
