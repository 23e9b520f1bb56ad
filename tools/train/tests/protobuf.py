"""Just enough of the protocol buffer wire format to look into an ONNX file."""


def fields(data):
    """Yields (field number, value) of a message: an int, or bytes for length-delimited fields."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(data, position)
        elif wire == 2:
            size, position = _varint(data, position)
            value, position = data[position : position + size], position + size
        else:
            size = {1: 8, 5: 4}[wire]
            value, position = data[position : position + size], position + size
        yield number, value


def _varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def read_onnx(data):
    """Opset, operators in order, and names of the graph's inputs and outputs."""
    model = list(fields(data))
    graph = list(fields(next(value for number, value in model if number == 7)))
    opset = next(value for number, value in model if number == 8)

    def names(number):
        messages = [dict(fields(value)) for found, value in graph if found == number]
        return [message[1].decode() for message in messages]

    return {
        "opset": dict(fields(opset))[2],
        "operators": [dict(fields(value))[4].decode() for number, value in graph if number == 1],
        "inputs": names(11),
        "outputs": names(12),
    }
