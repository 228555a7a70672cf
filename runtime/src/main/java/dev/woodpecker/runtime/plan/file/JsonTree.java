package dev.woodpecker.runtime.plan.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.internal.LazilyParsedNumber;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;

/** Reads JSON as {@code JsonParser} does, without the table of a hundred adapters that this makes first: 20 ms of a start. */
final class JsonTree {
    private final JsonReader in;

    private JsonTree(JsonReader in) {
        this.in = in;
    }

    /**
     * @throws JsonParseException if the text is not one JSON value
     */
    static JsonElement parse(String text) {
        JsonReader in = new JsonReader(new StringReader(text));
        try {
            JsonElement element = new JsonTree(in).element();
            if (in.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("more follows after the end");
            }
            return element;
        } catch (MalformedJsonException | EOFException e) {
            throw new JsonParseException(e.getMessage(), e);
        } catch (IOException e) {
            throw new IllegalStateException("a text cannot fail to be read", e);
        }
    }

    private JsonElement element() throws IOException {
        return switch (in.peek()) {
            case BEGIN_OBJECT -> object();
            case BEGIN_ARRAY -> array();
            case STRING -> new JsonPrimitive(in.nextString());
            case NUMBER -> new JsonPrimitive(new LazilyParsedNumber(in.nextString()));
            case BOOLEAN -> new JsonPrimitive(in.nextBoolean());
            case NULL -> {
                in.nextNull();
                yield JsonNull.INSTANCE;
            }
            case END_ARRAY, END_OBJECT, END_DOCUMENT, NAME -> throw new JsonParseException("a value is missing");
        };
    }

    private JsonObject object() throws IOException {
        JsonObject object = new JsonObject();
        in.beginObject();
        while (in.hasNext()) {
            String name = in.nextName();
            object.add(name, element());
        }
        in.endObject();
        return object;
    }

    private JsonArray array() throws IOException {
        JsonArray array = new JsonArray();
        in.beginArray();
        while (in.hasNext()) {
            array.add(element());
        }
        in.endArray();
        return array;
    }
}
