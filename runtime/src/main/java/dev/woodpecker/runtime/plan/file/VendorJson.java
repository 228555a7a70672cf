package dev.woodpecker.runtime.plan.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.PostOperation.Activation;
import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What a library computes, as JSON: {@code {"kind":"convolution","source":{"extents":[1,64,56,56],"strides":[..],
 * "block":16},..,"after":[{"function":"RELU","alpha":0.0,"beta":0.0}]}}.
 */
final class VendorJson {
    private static final String CONVOLUTION = "convolution";
    private static final String PRODUCT = "product";

    private VendorJson() {}

    static JsonObject print(VendorKernel kernel) {
        JsonObject object = new JsonObject();
        switch (kernel) {
            case VendorKernel.Convolution c -> {
                object.addProperty("kind", CONVOLUTION);
                object.add("source", print(c.source()));
                object.add("weights", print(c.weights()));
                object.add("bias", array(c.bias(), VendorJson::print));
                object.add("result", print(c.result()));
                object.add("strides", numbers(c.strides()));
                object.add("dilations", numbers(c.dilations()));
                object.add("padsBefore", numbers(c.padsBefore()));
                object.add("padsAfter", numbers(c.padsAfter()));
                object.addProperty("groups", c.groups());
            }
            case VendorKernel.Product p -> {
                object.addProperty("kind", PRODUCT);
                object.add("left", print(p.left()));
                object.add("right", print(p.right()));
                object.add("bias", array(p.bias(), VendorJson::print));
                object.add("result", print(p.result()));
                object.addProperty("fixed", p.fixed());
            }
        }
        object.add("after", array(kernel.after(), VendorJson::print));
        return object;
    }

    private static JsonObject print(VendorTensor tensor) {
        JsonObject object = new JsonObject();
        object.add("extents", numbers(tensor.extents()));
        object.add("strides", numbers(tensor.strides()));
        object.addProperty("block", tensor.block());
        return object;
    }

    private static JsonObject print(PostOperation operation) {
        JsonObject object = new JsonObject();
        switch (operation) {
            case Activation(PostOperation.Function function, float alpha, float beta) -> {
                object.addProperty("function", function.name());
                object.addProperty("alpha", alpha);
                object.addProperty("beta", beta);
            }
            case Combination(PostOperation.Operator operator, VendorTensor other) -> {
                object.addProperty("operator", operator.name());
                object.add("other", print(other));
            }
        }
        return object;
    }

    /**
     * @throws IllegalArgumentException if it is no such kernel
     */
    static VendorKernel read(JsonObject object) {
        List<PostOperation> after = list(object, "after", VendorJson::operation);
        List<VendorTensor> bias = list(object, "bias", VendorJson::tensor);
        VendorTensor result = tensor(member(object, "result"));
        String kind = member(object, "kind").getAsString();
        return switch (kind) {
            case CONVOLUTION ->
                new VendorKernel.Convolution(
                        tensor(member(object, "source")),
                        tensor(member(object, "weights")),
                        bias,
                        result,
                        numbers(object, "strides"),
                        numbers(object, "dilations"),
                        numbers(object, "padsBefore"),
                        numbers(object, "padsAfter"),
                        member(object, "groups").getAsLong(),
                        after);
            case PRODUCT ->
                new VendorKernel.Product(
                        tensor(member(object, "left")),
                        tensor(member(object, "right")),
                        bias,
                        result,
                        member(object, "fixed").getAsBoolean(),
                        after);
            default -> throw new IllegalArgumentException("'" + kind + "' is no kernel of a library");
        };
    }

    private static VendorTensor tensor(JsonElement element) {
        JsonObject object = element.getAsJsonObject();
        return new VendorTensor(
                numbers(object, "extents"),
                numbers(object, "strides"),
                member(object, "block").getAsInt());
    }

    private static PostOperation operation(JsonElement element) {
        JsonObject object = element.getAsJsonObject();
        return object.has("function")
                ? new Activation(
                        PostOperation.Function.valueOf(
                                member(object, "function").getAsString()),
                        member(object, "alpha").getAsFloat(),
                        member(object, "beta").getAsFloat())
                : new Combination(
                        PostOperation.Operator.valueOf(
                                member(object, "operator").getAsString()),
                        tensor(member(object, "other")));
    }

    private static <T> List<T> list(JsonObject object, String name, Function<JsonElement, T> read) {
        List<T> items = new ArrayList<>();
        member(object, name).getAsJsonArray().forEach(item -> items.add(read.apply(item)));
        return items;
    }

    private static List<Long> numbers(JsonObject object, String name) {
        return list(object, name, JsonElement::getAsLong);
    }

    private static JsonArray numbers(List<Long> numbers) {
        JsonArray array = new JsonArray();
        numbers.forEach(array::add);
        return array;
    }

    private static <T> JsonArray array(List<T> items, Function<T, JsonElement> print) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(print.apply(item)));
        return array;
    }

    private static JsonElement member(JsonObject object, String name) {
        JsonElement element = object.get(name);
        if (element == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return element;
    }
}
