package dev.woodpecker.cli.zoo;

import dev.woodpecker.cli.zoo.Network.Value;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.List;
import java.util.Map;

/**
 * A transformer encoder (Devlin et al., "BERT", 2018) as exporters write it: GELU as a product with {@code Erf}, attention as
 * products and a Softmax.
 *
 * @param layers encoder layers
 * @param hidden features of a token; a multiple of {@code heads}
 * @param sequence tokens; at most 512
 */
public record Bert(int layers, int hidden, int heads, int sequence) {

    /** What a base model is: 110 million parameters. */
    public static final Bert BASE = new Bert(12, 768, 12, 128);

    private static final int VOCABULARY = 30522;
    private static final int POSITIONS = 512;
    private static final int TOKEN_TYPES = 2;

    /** The deviation of BERT's initial weights. */
    private static final double DEVIATION = 0.02;

    /** Added to the score of a token that is masked out. */
    private static final float MASKED = -10000;

    /**
     * @throws IllegalArgumentException if there is no such network
     */
    public Bert {
        if (layers < 1 || heads < 1 || hidden < heads || hidden % heads != 0) {
            throw new IllegalArgumentException("a BERT of " + layers + " layers, " + hidden + " features and " + heads
                    + " heads: at least 1 of each, and features a multiple of heads");
        }
        if (sequence < 1 || sequence > POSITIONS) {
            throw new IllegalArgumentException(
                    "a sequence of " + sequence + " tokens; 1 to " + POSITIONS + " are allowed");
        }
    }

    Network build(long seed, int batch) {
        Network net = new Network("bert", seed);
        Value tokens = net.input("input_ids", DType.I64, batch, sequence);
        Value mask = net.input("attention_mask", DType.I64, batch, sequence);
        Value tokenTypes = net.input("token_type_ids", DType.I64, batch, sequence);
        Value bias = attentionBias(net, mask, batch);
        Value x = embeddings(net, tokens, tokenTypes);
        for (int layer = 0; layer < layers; layer++) {
            x = layer(net, "encoder." + layer, x, bias, batch);
        }
        net.output(x);
        Value first = net.apply(
                "Gather",
                "pooler.first",
                List.of(x.name(), net.constant("pooler.index", NdArray.scalar(0L))),
                Map.of("axis", Attribute.of(1)),
                TensorType.of(DType.F32, batch, hidden));
        net.output(net.elementwise("Tanh", "pooler", net.fullyConnected("pooler.dense", first, hidden, 1)));
        return net;
    }

    /** 0 for tokens that count and a large negative number for others: [batch, 1, 1, sequence]. */
    private Value attentionBias(Network net, Value mask, int batch) {
        Value expanded = net.apply(
                "Unsqueeze",
                "mask.expanded",
                List.of(mask.name(), net.integers("mask.axes", 1, 2)),
                Map.of(),
                TensorType.of(DType.I64, batch, 1, 1, sequence));
        TensorType type = TensorType.of(DType.F32, batch, 1, 1, sequence);
        Value numbers = net.apply(
                "Cast",
                "mask.float",
                List.of(expanded.name()),
                Map.of("to", new Attribute.ElementType(DType.F32)),
                type);
        Value inverse =
                net.apply("Sub", "mask.inverse", List.of(net.scalar("mask.one", 1), numbers.name()), Map.of(), type);
        return net.elementwise("Mul", "mask.bias", inverse, net.scalar("mask.masked", MASKED));
    }

    private Value embeddings(Network net, Value tokens, Value tokenTypes) {
        Value words = net.embedding("embeddings.word", tokens, VOCABULARY, hidden, DEVIATION);
        Value types = net.embedding("embeddings.token_type", tokenTypes, TOKEN_TYPES, hidden, DEVIATION);
        Value sum = net.elementwise("Add", "embeddings.add1", words, types.name());
        // The table has all positions; a sequence takes the first of them.
        String table = net.weight("embeddings.position.weight", 0, DEVIATION, POSITIONS, hidden);
        List<String> slice = List.of(
                table,
                net.integers("embeddings.position.start", 0),
                net.integers("embeddings.position.end", sequence),
                net.integers("embeddings.position.axis", 0));
        Value positions =
                net.apply("Slice", "embeddings.position", slice, Map.of(), TensorType.of(DType.F32, sequence, hidden));
        Value all = net.elementwise("Add", "embeddings.add2", sum, positions.name());
        return net.layerNormalization("embeddings.norm", all);
    }

    private Value layer(Network net, String at, Value x, Value bias, int batch) {
        Value attention = attention(net, at + ".attention", x, bias, batch);
        Value y = net.linear(at + ".attention.output", attention, hidden, DEVIATION);
        y = net.layerNormalization(at + ".attention.norm", net.elementwise("Add", at + ".attention.add", y, x.name()));
        Value wide = gelu(net, at + ".gelu", net.linear(at + ".intermediate", y, 4 * hidden, DEVIATION));
        Value narrow = net.linear(at + ".output", wide, hidden, DEVIATION);
        return net.layerNormalization(at + ".norm", net.elementwise("Add", at + ".add", narrow, y.name()));
    }

    private Value attention(Network net, String at, Value x, Value bias, int batch) {
        int width = hidden / heads;
        Value query = heads(net, at + ".query", x, batch, 0, 2, 1, 3);
        Value key = heads(net, at + ".key", x, batch, 0, 2, 3, 1);
        Value value = heads(net, at + ".value", x, batch, 0, 2, 1, 3);
        Value scores = net.matrixProduct(at + ".scores", query, key.name(), batch, heads, sequence, sequence);
        String root = net.scalar(at + ".root", (float) Math.sqrt(width));
        Value scaled = net.elementwise("Div", at + ".scaled", scores, root);
        Value masked = net.elementwise("Add", at + ".masked", scaled, bias.name());
        Value weights = net.softmax(at + ".softmax", masked);
        Value context = net.matrixProduct(at + ".context", weights, value.name(), batch, heads, sequence, width);
        Value joined = net.transpose(at + ".joined", context, 0, 2, 1, 3);
        return net.reshape(at + ".merged", joined, batch, sequence, hidden);
    }

    private Value heads(Network net, String at, Value x, int batch, int... permutation) {
        Value split = net.reshape(
                at + ".split", net.linear(at, x, hidden, DEVIATION), batch, sequence, heads, hidden / heads);
        return net.transpose(at + ".transposed", split, permutation);
    }

    /** {@code x / 2 * (1 + erf(x / sqrt(2)))}. */
    private static Value gelu(Network net, String at, Value x) {
        Value divided = net.elementwise("Div", at + ".div", x, net.scalar(at + ".root", (float) Math.sqrt(2)));
        Value erf = net.elementwise("Erf", at + ".erf", divided);
        Value shifted = net.elementwise("Add", at + ".add", erf, net.scalar(at + ".one", 1));
        Value product = net.elementwise("Mul", at + ".mul", x, shifted.name());
        return net.elementwise("Mul", at, product, net.scalar(at + ".half", 0.5f));
    }
}
